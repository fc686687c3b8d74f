"""The proof that the corpus can fail: without a proxy the models are led astray by it."""

import pytest

from smuggling.case import SMUGGLED, chunked, get, post
from smuggling.cases import CASES, FAMILIES
from smuggling.models import encoding_first, faults, length_first

TWO_FRAMINGS = ["CL.TE", "CL.TE with a whole request", "TE.CL", "TE before CL", "both, and the length is 0",
                "vertical tab before the value", "xchunked", "blank before the colon", "folded", "behind a lone LF"]


def requests(model, data):
    return [(seen.method, seen.target, seen.body) for seen in model(data)[0]]


def named(family, name):
    return next(case for case in FAMILIES[family] if case.name == name)


@pytest.mark.parametrize("name", TWO_FRAMINGS)
def test_they_differ_about_two_framings(name):
    sent = named("encodings", name).sent
    assert requests(length_first, sent) != requests(encoding_first, sent)


@pytest.mark.parametrize("family, name", [
    ("lengths", "two fields"), ("lengths", "two fields, 0 first"), ("lengths", "minus"), ("chunks", "minus"),
    ("line_ends", "CR everywhere"), ("chunks", "CR in an extension")])
def test_they_differ_about_numbers_and_lines(family, name):
    sent = named(family, name).sent + SMUGGLED.encode()
    assert requests(length_first, sent) != requests(encoding_first, sent)


def test_many_cases_would_lead_astray_if_they_were_passed_on():
    astray = [case.name for case in CASES if case.refused
              and requests(length_first, case.sent) != requests(encoding_first, case.sent)]
    assert len(astray) > 60, astray


@pytest.mark.parametrize("model", [length_first, encoding_first])
def test_each_sees_what_is_plain(model):
    sent = (get() + post("Content-Length: 5", body="hello")
            + chunked("3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n")).encode()
    assert requests(model, sent) == [("GET", "/case", b""), ("POST", "/case", b"hello"), ("POST", "/case", b"abcde")]
    for size in range(len(sent)):
        seen, rest = model(sent[:size])
        assert requests(model, sent[:rest]) == [(one.method, one.target, one.body) for one in seen]
    assert len(model(sent[:-1])[0]) == 2


@pytest.mark.parametrize("text, fault", [
    (get("X: y"), "another client"), (get(host=""), "0 Host"), (get("X : y"), "strict"), (get("X: \x01"), "strict"),
    (post("Content-Length: 5", "Content-Length: 5", body="hello"), "two framings"), (get("Upgrade: h2c"), "h2c"),
    (get("Keep-Alive: x"), "connection"), (post("Transfer-Encoding: xchunked", body="0\r\n\r\n"), "coding")])
def test_a_head_that_is_in_doubt_is_seen(text, fault):
    seen = length_first(text.encode())[0][0]
    assert any(fault in found for found in faults(seen)), faults(seen)
