"""The customers: clients of several kinds that never retry, so that what they see is what is counted."""

import collections
import http.client
import json
import shutil
import subprocess
import threading
import time

TIMEOUT = 15  # seconds; an answer that takes longer is lost



class Count(collections.Counter):
    """sent = answered + lost; the 500s of the bug are among the answered."""


class Load:
    """Clients of several kinds, each a thread. They never retry: what a client sees is counted."""

    def __init__(self, port):
        self.port = port
        self.counts = {}  # kind of client -> Count
        self.losses = []  # why, of each
        self.bugs = []  # (sent, answered) of each 500
        self.helped = []  # when each checkout without a coupon that succeeded was sent
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = []

    def start(self):
        keep_alive, fresh = self._keep_alive, self._fresh
        self._clients("keep-alive, reading", 6, 0.015, keep_alive, "GET", "/api/products")
        self._clients("new connection each", 3, 0.02, fresh, "GET", "/api/cart")
        self._clients("POST, filling carts", 3, 0.02, keep_alive, "POST", "/api/cart",
                      {"product": "lamp", "quantity": 2})
        self._clients("checkout with a coupon", 3, 0.03, keep_alive, "POST", "/api/checkout",
                      {"items": {"teapot": 1}, "coupon": "FRIDAY20"})
        self._clients("checkout without one", 2, 0.1, fresh, "POST", "/api/checkout",
                      {"items": {"umbrella": 1}, "coupon": ""})
        self._clients("slow line, 1 s a request", 4, 0.02, self._slow, "POST", "/api/checkout",
                      {"items": {"kettle": 1, "radio": 3}, "coupon": "EARLYBIRD"})
        if shutil.which("curl"):
            self._clients("curl, a process each", 1, 0.1, self._curl, "GET", "/api/products")

    def _clients(self, kind, number, pause, send, method, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        may_fail = value is not None and value.get("coupon") == ""
        self.counts[kind] = Count()
        for _ in range(number):
            thread = threading.Thread(target=self._client, daemon=True,
                                      args=(kind, pause, send, (method, path, body), may_fail))
            self._threads.append(thread)
            thread.start()

    def _client(self, kind, pause, send, request, may_fail):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        while not self._stop.is_set():
            sent = time.monotonic()
            try:
                status, body = send(connection, *request)
                problem = self._judge(status, body, may_fail)
            except (OSError, http.client.HTTPException, subprocess.SubprocessError, ValueError) as error:
                status, problem = 0, f"{type(error).__name__}: {error}"
                connection.close()
            with self._lock:
                self._note(kind, sent, status, problem, may_fail)
            self._stop.wait(pause)
        connection.close()

    def _judge(self, status, body, may_fail):
        """What is wrong with an answer; None when nothing is, or only the bug."""
        json.loads(body)  # half an answer does not parse
        if status in (200, 201) or (status == 500 and may_fail):
            return None
        return f"status {status}: {body.decode(errors='replace').strip()}"

    def _note(self, kind, sent, status, problem, may_fail):
        count = self.counts[kind]
        count["sent"] += 1
        if problem:
            count["lost"] += 1
            self.losses.append(f"{kind}: {problem}")
            return
        count["answered"] += 1
        if status == 500:
            count["bug"] += 1
            self.bugs.append((sent, time.monotonic()))
        elif may_fail:
            self.helped.append(sent)

    def _keep_alive(self, connection, method, path, body):
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def _fresh(self, connection, *request):
        answer = self._keep_alive(connection, *request)
        connection.close()
        return answer

    def _slow(self, connection, method, path, body):
        """The body comes in ten pieces over a second, so that changes meet it half-way."""
        size = len(body) // 10 + 1

        def trickle():
            for start in range(0, len(body), size):
                time.sleep(0.1)
                yield body[start:start + size]

        connection.request(method, path, trickle(), {"Content-Length": str(len(body))})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def _curl(self, _, method, path, body):
        done = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", "--max-time", str(TIMEOUT), "-w", "%{http_code}",
             f"http://127.0.0.1:{self.port}{path}"],
            capture_output=True, timeout=TIMEOUT + 5, start_new_session=True)
        if done.returncode != 0:
            raise ValueError(done.stderr.decode(errors="replace").strip())
        return int(done.stdout[-3:]), done.stdout[:-3]

    def total(self):
        with self._lock:
            return sum(self.counts.values(), Count())

    def stop(self):
        """Every request that was sent gets the time to be answered."""
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT + 10)
