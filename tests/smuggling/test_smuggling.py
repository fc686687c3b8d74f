"""Each case in several ways: does the backend get what was meant, and nothing else?"""

import random
import zlib

import pytest

from smuggling.case import SMUGGLED, Request
from smuggling.cases import CASES
from smuggling.models import MODELS
from smuggling.service import shorten

PROBE = Request("GET", "/probe")
PROBE_BYTES = b"GET /probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
FOLLOWER = SMUGGLED.encode()
LONGEST_BYTE_BY_BYTE = 260


def pieces_of(case, way):
    if way == "whole":
        return [case.sent]
    if way == "bytes":
        return [case.sent[i:i + 1] for i in range(len(case.sent))]
    chance = random.Random(zlib.crc32(f"{case.name} {way}".encode()))
    cuts = sorted(chance.sample(range(1, len(case.sent)), int(way.removeprefix("cuts "))))
    return [case.sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(case.sent)])]


def ways_of(case):
    yield "whole"
    yield "cuts 1"
    yield "cuts 3"
    if len(case.sent) <= LONGEST_BYTE_BY_BYTE:
        yield "bytes"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case, service):
    for way in ways_of(case):
        send_and_check(case, way, service)


def send_and_check(case, way, service):
    methods = [request.method for request in case.meant]
    stays = not case.closes
    service.take_record()
    with service.connect() as client:
        send(client, case, way, service, PROBE_BYTES if stays else FOLLOWER)
        if stays and way != "whole":
            client.read_answers(methods)
            client.send(PROBE_BYTES)
        client.read_to_end()
    if not stays:
        with service.connect() as other:
            other.send(PROBE_BYTES)
            other.read_to_end()
            assert [answer.seen for answer in other.answers(["GET"])[0]] == ["GET /probe"]
    record = service.take_record()
    try:
        check_answers(case, client, [*methods, "GET"] if stays or case.refused else methods, stays)
        check_backend(case, record)
    except AssertionError as error:
        raise AssertionError(
            f"{error}\n--- {case.name} ({case.source}), sent: {way}\n  {shorten(case.sent)}\n"
            f"--- the client got\n  {shorten(client.received)}\n--- the backend got\n{record}") from None


def send(client, case, way, service, behind):
    """The case, and in one piece with its end what comes behind it."""
    pieces = pieces_of(case, way)
    if case.closes or way == "whole":
        pieces[-1] += behind
    for piece in pieces[:-1]:
        client.send(piece)
        service.barrier()
    client.send(pieces[-1])


def check_answers(case, client, methods, stays):
    if case.http2:
        # A SETTINGS frame, as the first of every server; nothing that HTTP/1 would take for an answer.
        assert client.received[3:9] == b"\x04\x00\x00\x00\x00\x00", "no settings of HTTP/2"
        assert b"HTTP/1" not in client.received
        return
    answers, rest = client.answers(methods)
    assert not rest, f"bytes that are no answer: {shorten(rest)}"
    assert not client.was_reset and all(answer.whole for answer in answers), "an answer is not whole"
    seen = [(answer.status, answer.seen) for answer in answers]
    wanted = [(200, f"{request.method} {request.target}") for request in case.meant]
    if stays:
        wanted.append((200, "GET /probe"))
    if case.refused:
        wanted.append((case.status, ""))
    assert seen == wanted, f"answers {seen} and not {wanted}"
    if case.refused:
        said = answers[-1].body.decode()
        assert case.says in said, f"it says {said!r} and nothing of {case.says!r}"
        assert answers[-1].fields.get("connection") == "close", "a refusal that does not close"


def check_backend(case, record):
    wanted = [(request.method, request.target, request.body) for request in [*case.meant, PROBE]]
    for model in MODELS:
        requests = record.requests(model)
        seen = [(request.method, request.target, request.body) for request in requests]
        assert seen == wanted, f"{model} saw {shorten(seen)} and not {shorten(wanted)}"
        assert not record.faults(model), f"{model} saw {record.faults(model)}"
        for request, arrived in zip(case.meant, requests):
            for name, value in request.has.items():
                assert arrived.fields.get(name) == value, f"{name}: {arrived.fields.get(name)} and not {value}"
            for name in request.lacks:
                assert name not in arrived.fields, f"{name} was passed on"
        for number, rest in record.rests(model).items():
            assert number in record.ended, f"{model} waits for the rest of {shorten(rest)}"
            assert case.begun and rest.startswith(case.begun.encode() + b" HTTP/1.1\r\n"), \
                f"{model} saw the begin of {shorten(rest)}"
