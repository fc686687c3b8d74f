"""The program behind the proxy: writes down every byte that it gets, and answers as it was taught.

    backend.py PORT CONTROL

It reads requests as a careless server does (models.length_first) and says in X-Seen which one it
answers. CONTROL is a unix socket of lines of JSON:

    {"teach": {"/target": {"send": HEX, "close": true, "late": HEX}}}   what to answer from now on
    {"take": true}    -> all bytes since the last time: [{"connection", "bytes": HEX} or {..., "ended"}]
    {"late": true}    -> sends what was taught as late, and answers when that connection has ended

All sockets are read before anything is answered: what the proxy sent before a command, or before
the request that a client waits for, is in the record.
"""

import json
import pathlib
import selectors
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from models import length_first  # noqa: E402


class Connection:
    def __init__(self, number, stream):
        self.number, self.stream = number, stream
        self.pending = b""
        self.closes = False
        self.late = b""


class Backend:
    def __init__(self, port, control):
        self.selector = selectors.DefaultSelector()
        self.record, self.lessons = [], {}
        self.connections = {}
        self.count = 0
        self.waiting = None  # the command socket that waits for a connection to end
        public = socket.create_server(("127.0.0.1", port), backlog=128)
        commands = socket.socket(socket.AF_UNIX)
        commands.bind(control)
        commands.listen()
        for listener, accept in ((public, self.accept), (commands, self.accept_commands)):
            listener.setblocking(False)
            self.selector.register(listener, selectors.EVENT_READ, accept)

    def run(self):
        while True:
            later = []
            for key, _ in self.selector.select():
                later.append(key.data(key.fileobj))
            # Commands and answers come after all that lies there by now.
            for key, _ in self.selector.select(0):
                later.append(key.data(key.fileobj))
            for act in filter(None, later):
                act()

    # --- the public side -------------------------------------------------------------------------

    def accept(self, listener):
        try:
            stream, _ = listener.accept()
        except BlockingIOError:
            return None
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.count += 1
        self.connections[stream] = Connection(self.count, stream)
        self.selector.register(stream, selectors.EVENT_READ, self.read)
        return self.read(stream)  # what came with it

    def read(self, stream):
        connection = self.connections[stream]
        try:
            data = stream.recv(1 << 20, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if not data:
            return self.end(connection)
        self.record.append({"connection": connection.number, "bytes": data.hex()})
        connection.pending += data
        return lambda: self.answer(connection)

    def end(self, connection):
        self.record.append({"connection": connection.number, "ended": True})
        self.selector.unregister(connection.stream)
        del self.connections[connection.stream]
        connection.stream.close()
        if connection.late and self.waiting:
            stream, self.waiting = self.waiting, None
            self.reply(stream, {"ended": connection.number})

    def answer(self, connection):
        requests, rest = length_first(connection.pending)
        connection.pending = connection.pending[rest:]
        for request in requests:
            if connection.stream not in self.connections:
                return
            lesson = self.lessons.get(request.target)
            if lesson is None:
                self.send(connection, echo(request))
                continue
            connection.late = bytes.fromhex(lesson.get("late", ""))
            self.send(connection, bytes.fromhex(lesson["send"]))
            if lesson.get("close"):
                self.end(connection)

    def send(self, connection, data):
        try:
            connection.stream.sendall(data)
        except OSError:
            pass  # its end is read next

    # --- commands --------------------------------------------------------------------------------

    def accept_commands(self, listener):
        try:
            stream, _ = listener.accept()
        except BlockingIOError:
            return
        self.selector.register(stream, selectors.EVENT_READ, self.command)

    def command(self, stream):
        line = b""
        while not line.endswith(b"\n"):
            part = stream.recv(1 << 20)
            if not part:
                self.selector.unregister(stream)
                stream.close()
                return None
            line += part
        return lambda: self.obey(stream, json.loads(line))

    def obey(self, stream, command):
        if "teach" in command:
            self.lessons = command["teach"]
            self.reply(stream, {})
        elif "take" in command:
            record, self.record = self.record, []
            self.reply(stream, record)
        else:
            late = [connection for connection in self.connections.values() if connection.late]
            for connection in late:
                self.send(connection, connection.late)
            if late:
                self.waiting = stream
            else:  # it has ended before anything could be late
                self.reply(stream, {"ended": True})

    def reply(self, stream, what):
        stream.sendall(json.dumps(what).encode() + b"\n")


def echo(request):
    seen = f"{request.method} {request.target}".encode("latin-1")
    body = b"" if request.method == "HEAD" else b"seen " + seen
    return (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Seen: %s\r\n\r\n" % (5 + len(seen), seen)) + body


if __name__ == "__main__":
    Backend(int(sys.argv[1]), sys.argv[2]).run()
