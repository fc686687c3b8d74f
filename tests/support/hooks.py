"""A receiver of notifications, which verifies their signatures."""

import hashlib
import hmac
import http.server
import json
import threading
import time

from .livefix import PATIENCE
from .waiting import wait_until


def is_signed(secret, signature, body, within=300):
    """As in docs/notifications.md."""
    parts = dict(part.split("=", 1) for part in signature.split(","))
    expected = hmac.new(secret, parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts["v1"]) and abs(time.time() - int(parts["t"])) <= within


class Hook:
    """Listens on `port` until closed. `statuses` are for the first answers, 200 for the rest; one that
    `hangs` takes requests and says nothing until it is closed."""

    def __init__(self, port=0, *, statuses=(), hangs=False, tls=None):
        self.requests = []  # (path, headers, body)
        self._statuses, self._closed = list(statuses), threading.Event()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.requests.append((self.path, self.headers, body))
                if hangs:
                    hook._closed.wait()
                    return
                self.send_response(hook._statuses.pop(0) if hook._statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self):
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def events(self):
        return [json.loads(body) for _, _, body in list(self.requests)]

    def named(self, event):
        return [one for one in self.events() if one["event"] == event]

    def wait(self, event, timeout=20):
        """The first of that name."""
        return wait_until(lambda: self.named(event), f"{event}, not {self.events()}", timeout * PATIENCE)[0]
