"""The service of the loss test as ASGI, by hand: HTTP and WebSocket.

    uvicorn --port PORT app:app
EXECUTED_LOG: a file that gets the id of each POST when its handler begins.
"""

import asyncio
import hashlib
import json
import os
import sys
from urllib.parse import parse_qs

RELEASE = "r0"
START = "ok"  # ok | exit: what this release does instead of starting

if START == "exit":
    print("this release exits before it listens", file=sys.stderr)
    sys.exit(1)

executed = (os.open(os.environ["EXECUTED_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            if "EXECUTED_LOG" in os.environ else -1)


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    query = parse_qs(scope["query_string"].decode())
    request_id = query.get("id", [""])[0]
    delay = int(query.get("delay", ["0"])[0]) / 1000
    head = [(b"x-release", RELEASE.encode()), (b"x-request-id", request_id.encode())]
    fields = dict(scope["headers"])
    if scope["type"] == "websocket":
        await talk(request_id, head, receive, send)
    elif fields.get(b"x-request-id", request_id.encode()) != request_id.encode():
        await answer(send, 400, head, b"the id in the query is not the one in the field")
    elif scope["path"] == "/stream":
        await stream(send, head, request_id, int(query["size"][0]), delay)
    else:
        await echo(scope["method"], receive, send, head, request_id, delay)


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def answer(send, status, head, body):
    head = head + [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


async def echo(method, receive, send, head, request_id, delay):
    if method == "POST" and executed >= 0:
        os.write(executed, f"{request_id}\n".encode())
    digest, length, more = hashlib.sha256(), 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        digest.update(message.get("body", b""))
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    if delay:
        await asyncio.sleep(delay)
    await answer(send, 200, head + [(b"content-type", b"application/json")], json.dumps(
        {"id": request_id, "release": RELEASE, "method": method, "length": length,
         "sha256": digest.hexdigest()}).encode())


def block(request_id, index):
    return f"{RELEASE} {request_id} {index} ".ljust(1023, ".").encode() + b"\n"


async def stream(send, head, request_id, size, delay):
    await send({"type": "http.response.start", "status": 200,
                "headers": head + [(b"content-type", b"text/plain")]})
    for index in range(0, size // 1024, 16):
        piece = b"".join(block(request_id, i) for i in range(index, min(index + 16, size // 1024)))
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if index == 0 and delay:
            await asyncio.sleep(delay)
    await send({"type": "http.response.body", "body": b""})


async def talk(request_id, head, receive, send):
    while True:
        message = await receive()
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept", "headers": head})
        elif message["type"] == "websocket.disconnect":
            return
        else:
            await send({"type": "websocket.send", "text": f"{RELEASE} {request_id} {message['text']}"})
