"""The service of the loss test as WSGI.

    gunicorn --workers 2 --worker-class gthread --threads 40 --bind 127.0.0.1:PORT app:app
EXECUTED_LOG: a file that gets the id of each POST when its handler begins.
"""

import hashlib
import json
import os
import sys
import time
from urllib.parse import parse_qs

RELEASE = "r0"
START = "ok"  # ok | exit: what this release does instead of starting

if START == "exit":
    print("this release exits before it listens", file=sys.stderr)
    sys.exit(1)

executed = (os.open(os.environ["EXECUTED_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            if "EXECUTED_LOG" in os.environ else -1)


def app(environ, start_response):
    query = parse_qs(environ["QUERY_STRING"])
    request_id = query.get("id", [""])[0]
    delay = int(query.get("delay", ["0"])[0]) / 1000
    head = [("X-Release", RELEASE), ("X-Request-Id", request_id), ("X-Worker", str(os.getpid()))]
    if environ.get("HTTP_X_REQUEST_ID", request_id) != request_id:
        start_response("400 Bad Request", head)
        return [b"the id in the query is not the one in the field"]
    if environ["PATH_INFO"] == "/stream":
        start_response("200 OK", head + [("Content-Type", "text/plain")])
        return stream(request_id, int(query["size"][0]), delay)
    return echo(environ, start_response, head, request_id, delay)


def echo(environ, start_response, head, request_id, delay):
    method = environ["REQUEST_METHOD"]
    if method == "POST" and executed >= 0:
        os.write(executed, f"{request_id}\n".encode())
    digest, length = hashlib.sha256(), 0
    if method == "POST":
        while piece := environ["wsgi.input"].read(64 << 10):
            digest.update(piece)
            length += len(piece)
    time.sleep(delay)
    body = json.dumps({"id": request_id, "release": RELEASE, "method": method, "length": length,
                       "sha256": digest.hexdigest()}).encode()
    start_response("200 OK", head + [("Content-Type", "application/json"),
                                     ("Content-Length", str(len(body)))])
    return [b""] if method == "HEAD" else [body]


def block(request_id, index):
    return f"{RELEASE} {request_id} {index} ".ljust(1023, ".").encode() + b"\n"


def stream(request_id, size, delay):
    yield block(request_id, 0)
    time.sleep(delay)
    for index in range(1, size // 1024, 16):
        yield b"".join(block(request_id, i) for i in range(index, min(index + 16, size // 1024)))
