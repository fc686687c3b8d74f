"""The client side of RFC 6455, as far as the tests need it: text frames and the closing."""

import base64
import os
import socket
import struct

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class WebSocket:
    answers_close = True

    def __init__(self, port, path="/", timeout=20.0):
        self._closing = False
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode())
        self._data = b""
        while b"\r\n\r\n" not in self._data:
            self._more()
        self.head, _, self._data = self._data.partition(b"\r\n\r\n")
        assert self.head.startswith(b"HTTP/1.1 101"), self.head

    def send(self, text):
        self._frame(TEXT, text.encode())

    def receive(self):
        """The next text; for a close frame its code as an int."""
        while True:
            op, payload = self._next()
            if op == TEXT:
                return payload.decode()
            if op == PING:
                self._frame(PONG, payload)
            if op == CLOSE:
                if not self._closing and self.answers_close:
                    self._frame(CLOSE, payload[:2])
                return struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005

    def wait_end(self):
        """Waits for the other side's FIN; an error says that it was a reset."""
        while self._socket.recv(65536):
            pass

    def ask(self, text):
        self.send(text)
        return self.receive()

    def close(self):
        """Closes cleanly and returns the code that the other side answers with."""
        self._closing = True
        self._frame(CLOSE, struct.pack("!H", 1000))
        try:
            return self.receive()
        finally:
            self._socket.close()

    def _frame(self, op, payload):
        size = len(payload)
        head = bytes([0x80 | op])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65536:
            head += bytes([0x80 | 126]) + struct.pack("!H", size)
        else:
            head += bytes([0x80 | 127]) + struct.pack("!Q", size)
        mask = os.urandom(4)
        self._socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))

    def _next(self):
        op = self._take(1)[0] & 15
        size = self._take(1)[0]
        if size == 126:
            size = struct.unpack("!H", self._take(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self._take(8))[0]
        return op, self._take(size)

    def _take(self, count):
        while len(self._data) < count:
            self._more()
        taken, self._data = self._data[:count], self._data[count:]
        return taken

    def _more(self):
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("cut without a close frame")
        self._data += data
