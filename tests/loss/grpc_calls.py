#!/usr/bin/python3
"""gRPC calls of all four kinds from Python, each checked: grpc_calls.py TARGET CLIENTS UNTIL_FILE SEEN_DIRECTORY.

What the Go client (grpcload) does, by the other implementation. Prints its report as JSON;
SEEN_DIRECTORY gets an empty file python-RELEASE for each release that answered.
"""

import json
import os
import pathlib
import random
import sys
import threading
import time

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "services/grpc-python"))
import messages  # noqa: E402

DEADLINE = 25.0


class Wrong(Exception):
    pass


def stub(channel, name):
    kind = {"UnaryCall": channel.unary_unary, "StreamingOutputCall": channel.unary_stream,
            "StreamingInputCall": channel.stream_unary, "FullDuplexCall": channel.stream_stream}[name]
    request, response = messages.METHODS[name]
    return kind(f"/{messages.SERVICE}/{name}", request_serializer=messages.message(request).SerializeToString,
                response_deserializer=messages.message(response).FromString)


def payload(text):
    return messages.message("Payload")(body=text)


class Call:
    """One call and what is known of its answer."""

    def __init__(self, channel, name):
        self.channel, self.id, self.release, self.messages = channel, name.encode(), None, 0
        self.pause = random.uniform(0, 0.5) if random.random() < 0.25 else random.uniform(0, 0.02)

    def check(self, got, text):
        self.messages += 1
        release, _, rest = got.body.partition(b" ")
        if rest != text or self.release not in (None, release):
            raise Wrong(f"{got.body[:60]!r} and not {text[:60]!r}; before it {self.release!r}")
        self.release = release

    def finish(self, call):
        for told in (call.initial_metadata(), call.trailing_metadata()):
            release = dict(told).get("release", "").encode()
            self.release = self.release or release
            if release != self.release or not release:
                raise Wrong(f"messages by {self.release!r}, header or trailers by {release!r}")

    def unary(self):
        text = self.id + b"x" * random.randrange(1 << random.randrange(16))
        response, call = stub(self.channel, "UnaryCall").with_call(
            messages.message("SimpleRequest")(payload=payload(text)), timeout=DEADLINE)
        self.check(response.payload, text)
        self.finish(call)

    def down(self):
        wanted = messages.message("ResponseParameters")(interval_us=int(self.pause * 1e6))
        count = random.randrange(1, 10)
        request = messages.message("StreamingOutputCallRequest")(payload=payload(self.id),
                                                                 response_parameters=[wanted] * count)
        call = stub(self.channel, "StreamingOutputCall")(request, timeout=DEADLINE)
        got = 0
        for got, response in enumerate(call, 1):
            self.check(response.payload, self.id + b" %d" % (got - 1))
        if got != count:
            raise Wrong(f"{got} messages of {count}")
        self.finish(call)

    def up(self):
        sizes = []

        def requests():
            for _ in range(random.randrange(1, 10)):
                sizes.append(random.randrange(20_000))
                self.messages += 1
                yield messages.message("StreamingInputCallRequest")(payload=payload(b"x" * sizes[-1]))
                time.sleep(self.pause)

        response, call = stub(self.channel, "StreamingInputCall").with_call(requests(), timeout=DEADLINE)
        if response.aggregated_payload_size != sum(sizes):
            raise Wrong(f"{sum(sizes)} bytes sent, {response.aggregated_payload_size} arrived")
        self.finish(call)

    def both(self):
        """Each message is answered before the next one is said."""
        said = threading.Semaphore(1)
        texts = [self.id + b" %d" % i for i in range(random.randrange(1, 10))]

        def requests():
            for text in texts:
                said.acquire(timeout=DEADLINE)
                yield messages.message("StreamingOutputCallRequest")(payload=payload(text))

        call = stub(self.channel, "FullDuplexCall")(requests(), timeout=DEADLINE)
        got = 0
        for got, response in enumerate(call, 1):
            self.check(response.payload, texts[got - 1])
            time.sleep(self.pause)
            said.release()
        if got != len(texts):
            raise Wrong(f"{got} echoes of {len(texts)}")
        self.finish(call)


class Client(threading.Thread):
    def __init__(self, number, target, until_file, seen):
        super().__init__()
        self.number, self.target, self.until_file, self.seen = number, target, until_file, seen
        self.calls, self.releases, self.broken, self.messages = {}, set(), [], 0

    def run(self):
        count = 0
        while not os.path.exists(self.until_file):
            # A pool of its own: channels of one process share their connection otherwise.
            with grpc.insecure_channel(self.target, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
                for _ in range(50):
                    if os.path.exists(self.until_file):
                        break
                    count += 1
                    self.once(Call(channel, f"py{self.number}-{count}"))
                    time.sleep(random.uniform(0, 0.02))

    def once(self, call):
        kind = random.choice(["unary", "unary", "unary", "down", "up", "both"])
        begun = time.strftime("%H:%M:%S")
        try:
            getattr(call, kind)()
        except (grpc.RpcError, Wrong) as error:
            told = f"{error.code()} {error.details()}" if isinstance(error, grpc.RpcError) else str(error)
            self.broken.append(f"{kind} {call.id} at {begun}: {told}")
        else:
            self.calls[kind] = self.calls.get(kind, 0) + 1
            self.releases.add(call.release.decode())
            (self.seen / f"python-{call.release.decode()}").touch()
        self.messages += call.messages


def main():
    target, clients, until_file, seen = sys.argv[1], int(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4])
    running = [Client(i, target, until_file, seen) for i in range(clients)]
    for client in running:
        client.start()
    for client in running:
        client.join()
    calls = {}
    for client in running:
        for kind, count in client.calls.items():
            calls[kind] = calls.get(kind, 0) + count
    broken = [line for client in running for line in client.broken]
    print(json.dumps({"calls": calls, "messages": sum(client.messages for client in running), "broken": broken[:50],
                      "releases": sorted(set().union(*(client.releases for client in running)))}))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
