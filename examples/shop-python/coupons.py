"""What a coupon takes off a total."""

from refusal import Refusal

COUPONS = {"FRIDAY20": {"percent": 20}, "EARLYBIRD": {"percent": 5}}


def discount(coupon, total):
    """How many cents a coupon takes off. Most customers have no coupon."""
    if coupon is None:
        return 0
    found = COUPONS.get(coupon)
    if coupon and not found:
        raise Refusal(422, f'"{coupon}" is not a coupon of ours')
    return round(total * found["percent"] / 100)
