"""The Black Friday shop in Python: python3 shop.py, then http://localhost:3000."""

import json
import os
import time
import uuid
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import carts
import catalogue
import coupons
from refusal import Refusal

LARGEST = 64 * 1024  # bytes of a request's body


def products(shop):
    return 200, catalogue.listing(), None


def show_cart(shop):
    return 200, carts.priced(shop.cart()), None


def add_to_cart(shop):
    wish = shop.body()
    cart = carts.add(shop.cart(), wish.get("product"), wish.get("quantity", 1))
    return 200, carts.priced(cart), cart


def checkout(shop):
    wish = shop.body()
    bill = carts.priced(wish.get("items", shop.cart()))
    if not bill["lines"]:
        raise Refusal(422, "the cart is empty")
    saved = coupons.discount(wish.get("coupon"), bill["total"])
    pay(bill["total"] - saved)
    order = {"order": str(uuid.uuid4()), "lines": bill["lines"], "saved": saved,
             "paid": bill["total"] - saved}
    return 201, order, {}


def pay(cents):
    """The card company takes its time."""
    time.sleep((60 + cents % 120) / 1000)


# Each returns a status, what is answered as JSON, and the customer's new cart or None.
ROUTES = {
    "GET /api/products": products,
    "GET /api/cart": show_cart,
    "POST /api/cart": add_to_cart,
    "POST /api/checkout": checkout,
}


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.serve()

    def do_POST(self):
        self.serve()

    def serve(self):
        self.raw = self.rfile.read(self.body_length())
        name = f"{self.command} {self.path.partition('?')[0]}"
        try:
            if name not in ROUTES:
                raise Refusal(404, f"there is nothing at {name}")
            self.answer(*ROUTES[name](self))
        except Refusal as refusal:
            self.answer(refusal.status, {"error": str(refusal)})
        except Exception as error:
            self.log_error("%s: %s: %s", name, type(error).__name__, error)
            self.answer(500, {"error": "the shop is broken"})

    def body_length(self):
        length = int(self.headers.get("Content-Length", 0))
        if length > LARGEST:
            self.close_connection = True  # what follows is not read
        return min(length, LARGEST)

    def body(self):
        try:
            value = json.loads(self.raw or b"{}")
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise Refusal(400, "the body is no JSON object")
        return value

    def cart(self):
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("cart")
        return carts.parse(cookie.value if cookie else "")

    def answer(self, status, value, cart=None):
        body = json.dumps(value).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if cart is not None:
            self.send_header("Set-Cookie", f"cart={carts.text(cart)}; Path=/; HttpOnly; SameSite=Lax")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code="-", size="-"):
        pass  # Black Friday is loud enough


if __name__ == "__main__":
    port = int(os.environ.get("PORT", 3000))
    print(f"shop: open on port {port}")
    ThreadingHTTPServer(("", port), Shop).serve_forever()
