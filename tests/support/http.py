"""A plain HTTP client that never retries: what it does not get was lost."""

import http.client
import select
import threading
import time


class Answer:
    def __init__(self, status, headers, body, seconds):
        self.status, self.headers, self.body, self.seconds = status, headers, body, seconds

    @property
    def text(self):
        return self.body.decode(errors="replace").strip()

    def __repr__(self):
        return f"<{self.status} {self.text[:100]!r} after {self.seconds * 1000:.0f} ms>"


def get(port, path="/", *, method="GET", body=None, headers=None, timeout=30.0, host="127.0.0.1"):
    start = time.monotonic()
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read(), time.monotonic() - start)
    finally:
        connection.close()


def try_get(port, path="/", **more):
    """get(), or None when there is no whole answer."""
    try:
        return get(port, path, **more)
    except (OSError, http.client.HTTPException):
        return None


class Load:
    """Clients in the background, half of them with new connections. Use as a context manager.

    Every answer has to be 200 (or 201); what is not is in `failures`. `answers` counts bodies.
    """

    def __init__(self, port, clients=6, path="/", pause=0.01, *, method="GET", body=None):
        self.port, self.path, self.pause, self._method, self._body = port, path, pause, method, body
        self.answers, self.failures = {}, []
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._work, args=(i % 2 == 0,), daemon=True)
                         for i in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a client of the load never got its answer"

    @property
    def count(self):
        with self._lock:
            return sum(self.answers.values())

    def check(self, least=1):
        """After stop(): nothing was lost, and enough was asked."""
        assert not self.failures, f"{len(self.failures)} lost of {self.count + len(self.failures)}: " \
                                  f"{self.failures[:5]}"
        assert self.count >= least, f"only {self.count} requests were made"

    def _work(self, keeps):
        connection = None
        while not self._stop.is_set():
            start = time.time()
            try:
                if connection is None or not keeps or _closed(connection):
                    if connection is not None:
                        connection.close()
                    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                connection.request(self._method, self.path, body=self._body)
                response = connection.getresponse()
                body = response.read().decode(errors="replace").strip()
                if response.status not in (200, 201):
                    raise http.client.HTTPException(f"status {response.status}: {body[:100]}")
                with self._lock:
                    self.answers[body] = self.answers.get(body, 0) + 1
                if response.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                with self._lock:
                    self.failures.append(
                        f"{type(error).__name__}: {error} (sent {start:.3f}, failed {time.time():.3f},"
                        f" {'kept' if keeps else 'new'} connection)")
                connection = None
            self._stop.wait(self.pause)
        if connection is not None:
            connection.close()


def _closed(connection):
    """Whether the server closed the idle connection, as a client with a pool looks before use."""
    # Not recv() with MSG_DONTWAIT: a Python socket with a timeout waits for it all the same.
    return connection.sock is None or bool(select.select([connection.sock], [], [], 0)[0])
