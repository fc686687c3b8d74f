"""Other ways into livefix for clients that know only plain HTTP/1.1: by TLS, and by HTTP/2 (RFC 8441).

A bridge listens on `port`; each connection is taken over to another one. Bytes and ends of either side
come out on the other as they are. Use as a context manager.
"""

import base64
import hashlib
import select
import socket
import ssl
import struct
import threading

from .http2 import Http2

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Bridge:
    def __init__(self, target):
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._carry_over, args=(client,), daemon=True).start()

    def _carry_over(self, client):
        try:
            with client:
                self.carry(client)
        except OSError:
            pass  # either side has reset it: closing the other one says so

    def carry(self, client):
        raise NotImplementedError


class TlsBridge(Bridge):
    def carry(self, client):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.target)) as plain, \
                context.wrap_socket(plain, server_hostname="shop.test") as server:
            open_ends = {client: server, server: client}
            while open_ends:
                for source in [server] if server.pending() else select.select(list(open_ends), [], [])[0]:
                    data = source.recv(1 << 16)
                    if data:
                        open_ends.get(source, client if source is server else server).sendall(data)
                    else:
                        open_ends.pop(source).shutdown(socket.SHUT_WR)


class Http2Bridge(Bridge):
    """Each WebSocket has an HTTP/2 connection of its own, as the only stream of it."""

    def carry(self, client):
        head, early = self._read_head(client)
        path, fields = self._parse(head)
        with Http2(self.target) as server:
            stream = server.begin(path, "CONNECT", [
                (name, value) for name, value in fields if name.startswith("sec-websocket-")
                and name != "sec-websocket-key"], protocol="websocket")
            answer = server.answers[stream]
            server.until(lambda: answer.status or answer.over, "the answer to CONNECT")
            if answer.status != 200:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            self._accept_upgrade(client, dict(fields)["sec-websocket-key"], answer)
            self._carry_stream(client, server, stream, early)

    @staticmethod
    def _carry_stream(client, server, stream, early):
        answer = server.answers[stream]
        sources = [client, server.socket]
        told = False
        if early:
            server.send(stream, early)
        while True:
            if answer.body:
                client.sendall(bytes(answer.body))
                del answer.body[:]
            if answer.reset is not None or server.closed:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if answer.ended and not told:
                client.shutdown(socket.SHUT_WR)
                told = True
            if told and client not in sources:
                return
            for source in select.select(sources, [], [])[0]:
                if source is server.socket:
                    server.receive()
                    continue
                data = client.recv(1 << 16)
                if data:
                    server.send(stream, data)
                else:
                    sources.remove(client)
                    server.end(stream)

    @staticmethod
    def _read_head(client):
        data = b""
        while b"\r\n\r\n" not in data:
            more = client.recv(65536)
            if not more:
                raise ConnectionError("no request")
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        return head.decode(), rest

    @staticmethod
    def _parse(head):
        first, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return first.split()[1], [(name.lower(), value.strip()) for name, _, value in pairs]

    @staticmethod
    def _accept_upgrade(client, key, answer):
        proof = base64.b64encode(hashlib.sha1(key.encode() + MAGIC).digest()).decode()
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Accept: {proof}"]
        lines += [f"{name}: {value}" for name, value in answer.fields if name.startswith("sec-websocket-")]
        client.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
