"""What the shop sells. Prices are in cents."""

from refusal import Refusal

PRODUCTS = {
    "kettle": {"name": "Kettle, whistling", "price": 2990},
    "lamp": {"name": "Desk lamp, brass", "price": 4900},
    "radio": {"name": "Kitchen radio", "price": 7900},
    "teapot": {"name": "Teapot, cast iron", "price": 5450},
    "umbrella": {"name": "Umbrella, large", "price": 1950},
}


def listing():
    return [{"id": key, **product} for key, product in PRODUCTS.items()]


def find(key):
    if key not in PRODUCTS:
        raise Refusal(404, f'there is no product "{key}"')
    return PRODUCTS[key]
