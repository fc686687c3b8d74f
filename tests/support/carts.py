"""A shop whose every fifth cart fails, and clients that look at carts."""

import contextlib
import threading

from .http import try_get
from .livefix import PATIENCE
from .waiting import wait_until

FIXED = "response.end('fine');"
# Every fifth cart has no rate; the message is written as Express does it, with its stack.
BUG = """
  try {
    const cart = Number(request.url.split('/').pop());
    const rates = [{rate: 1}];
    response.end(String(rates[cart % 5 === 0 ? 9 : 0].rate));
  } catch (error) {
    console.error(error);
    response.statusCode = 500;
    response.end('oh');
  }
"""


class Carts:
    """Clients that look at carts, with and without a fault."""

    def __init__(self, port, clients=4):
        self.port, self.count = port, 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(i,), daemon=True) for i in range(clients)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def _work(self, client):
        number = client
        while not self._stop.is_set():
            number += 4
            if try_get(self.port, f"/cart/{number}", timeout=20) is not None:
                self.count += 1
            self._stop.wait(0.002)

    def more(self, requests):
        enough = self.count + requests
        wait_until(lambda: self.count >= enough, f"{requests} answers", 60 * PATIENCE)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


@contextlib.contextmanager
def carts(port, **more):
    load = Carts(port, **more)
    load.start()
    try:
        yield load
    finally:
        load.stop()
