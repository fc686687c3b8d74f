"""A cart maps product ids to quantities: {"kettle": 2}.

It lives in a cookie of the customer ("cart=kettle.2-lamp.1") and not in this process, so that any
process can serve any customer.
"""

import catalogue
from refusal import Refusal

MOST = 99  # of one product


def parse(text):
    pairs = (pair.partition(".") for pair in text.split("-") if pair)
    return {key: int(quantity) if quantity.isdecimal() else 0 for key, _, quantity in pairs}


def text(cart):
    return "-".join(f"{key}.{quantity}" for key, quantity in cart.items())


def add(cart, key, quantity):
    catalogue.find(key)
    return {**cart, key: checked(cart.get(key, 0) + quantity)}


def priced(cart):
    if not isinstance(cart, dict):
        raise Refusal(422, "a cart maps product ids to quantities")
    lines = []
    for key, quantity in cart.items():
        product = catalogue.find(key)
        lines.append({"id": key, "name": product["name"], "quantity": checked(quantity),
                      "price": product["price"] * quantity})
    return {"lines": lines, "total": sum(line["price"] for line in lines)}


def checked(quantity):
    if isinstance(quantity, int) and 1 <= quantity <= MOST:
        return quantity
    raise Refusal(422, f"a quantity is a number from 1 to {MOST}")
