"""Each lie of a backend: the client gets what was said or is told, and its next answer is its own."""

import pytest

from smuggling.lies import LIES
from smuggling.service import shorten

PROBE = b"GET /probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_lie(lie, service):
    service.take_record()
    service.command(teach={"/lie": {"send": lie.answer.hex(), "close": lie.leaves, "late": lie.late.hex()}})
    with service.connect() as client:
        client.send(lie.request)
        client.read_answers([lie.method])
        if lie.late:
            # Answered when the proxy has closed the connection that spoke unasked.
            assert service.command(late=True).get("ended"), "the connection was not dropped"
        if lie.stays:
            client.send(PROBE)
        client.read_to_end()
    if not lie.stays:
        with service.connect() as other:
            other.send(PROBE)
            other.read_to_end()
            assert [answer.seen for answer in other.answers(["GET"])[0]] == ["GET /probe"]
    record = service.take_record()
    try:
        check_client(lie, client)
        check_backend(lie, record)
    except AssertionError as error:
        raise AssertionError(f"{error}\n--- {lie.name} ({lie.source})\n  {shorten(lie.answer)}\n"
                             f"--- the client got\n  {shorten(client.received)}\n"
                             f"--- the backend got\n{record}") from None


def check_client(lie, client):
    if lie.status == 0:
        answers, _ = client.answers([lie.method])
        assert client.was_reset, "the client was not reset"
        assert not any(answer.whole for answer in answers), "the client takes it for the whole"
        return
    answers, rest = client.answers([lie.method, "GET"] if lie.stays else [lie.method])
    assert not rest, f"bytes that are no answer: {shorten(rest)}"
    assert not client.was_reset and all(answer.whole for answer in answers), "an answer is not whole"
    interim = len(lie.interim)
    assert tuple(answer.status for answer in answers[:interim]) == lie.interim
    first, *behind = answers[interim:]
    assert first.status == lie.status, f"{first.status} and not {lie.status}"
    if lie.says:
        assert lie.says in first.body.decode(), f"it says {first.body!r}"
    else:
        assert first.body == lie.body, f"{first.body!r} and not {lie.body!r}"
    for name in lie.lacks:
        assert first.fields.get(name) in (None, "close"), f"{name} was passed on"
    assert [answer.seen for answer in behind] == ["GET /probe"] * lie.stays, "the next answer is another one's"


def check_backend(lie, record):
    requests = record.requests("the one that believes lengths")
    assert [request.target for request in requests] == ["/lie", "/probe"], requests
    same = requests[0].connection == requests[1].connection
    assert same == lie.reused, "a connection was used again" if same else "a good connection was not used again"
