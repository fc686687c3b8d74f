"""Traces pass through livefix and begin there, and a collector is told of what fails and of rollouts."""

import json
import re

import pytest

from support.collector import Collector
from support.http import get
from support.http2 import Http2
from support.livefix import PATIENCE
from support.shop import Shop
from support.waiting import wait_until

SECRET = "planted-otlp-secret-4f2d"
THEIRS = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
VALID = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01")
# Says what it was sent, and fails where it is asked to.
HANDLER = """
  if (request.url.startsWith('/pay')) { console.error('TypeError: no rate'); response.statusCode = 500; }
  response.end(JSON.stringify(request.headers));
"""


@pytest.fixture
def shop(place, port, start):
    (place / "otlp.token").write_text(f"Bearer {SECRET}\n")
    return Shop(place, port, start)


def serve(shop, collector, more=""):
    shop.config()
    file = shop.place / "livefix.toml"
    file.write_text(file.read_text() + f'\n[otlp]\nendpoint = "http://127.0.0.1:{collector.port}"\n'
                    '[otlp.headers]\nAuthorization = { file = "otlp.token" }\n' + more)
    shop.serve()
    return push(shop, "one")


def push(shop, name, ok=True, **more):
    commit = shop.release(name, **{"handler": HANDLER, **more})
    pushed = shop.repository.push()
    assert (pushed.returncode == 0) == ok, pushed.stderr + shop.livefix.story()
    return commit


def sent(answer):
    return json.loads(answer.text)


def test_traces_go_through_and_begin_here(shop):
    with Collector() as collector:
        serve(shop, collector)
        given = {"traceparent": THEIRS, "tracestate": "a=1"}
        with Http2(shop.port) as client:
            for headers in (sent(get(shop.port, headers=given)), sent(client.get(fields=list(given.items())))):
                assert headers["traceparent"] == THEIRS and headers["tracestate"] == "a=1"
            bad = {"traceparent": THEIRS.upper(), "tracestate": "a=1"}
            for headers in (sent(get(shop.port)), sent(get(shop.port, headers=bad)), sent(client.get())):
                trace = VALID.fullmatch(headers["traceparent"])
                assert trace and trace[1] == headers["x-request-id"]
                assert "tracestate" not in headers


def test_a_request_that_fails_is_a_span(shop):
    with Collector() as collector:
        commit = serve(shop, collector)
        assert get(shop.port).status == 200
        ours = VALID.fullmatch(sent(get(shop.port, "/pay/7?token=hunter2hunter2&x=1"))["traceparent"])
        get(shop.port, "/pay/8", headers={"traceparent": THEIRS})
        with Http2(shop.port) as client:
            by_http2 = VALID.fullmatch(sent(client.get("/pay/9"))["traceparent"])
        # They come by several threads of the proxy.
        began, passed, http2 = sorted(collector.wait("GET /pay/:id", 3), key=lambda span: span.begin)
        assert (began.trace, began.id, began.parent) == (ours[1], ours[2], "")
        assert (passed.trace, passed.parent) == tuple(THEIRS.split("-")[1:3]) and passed.id != passed.parent
        assert http2.trace == by_http2[1]
        assert began.kind == 2 and began.is_error and began.begin <= began.end
        about = began.attributes
        assert about["http.request.method"] == "GET" and about["http.route"] == "/pay/:id"
        assert about["http.response.status_code"] == 500 and about["error.type"] == "500"
        assert about["url.path"] == "/pay/7" and about["url.query"] == "token=[redacted]&x=1"
        assert about["livefix.service"] == "shop" and about["livefix.release"] == commit[:7]
        symptom = json.loads(shop.command("symptoms", "--json").stdout)["symptoms"][0]
        assert about["livefix.symptom"] == symptom["id"]
        shown = shop.command("request", str(about["livefix.request"])).stdout
        assert f"trace {ours[1]}" in shown
        assert not collector.spans("GET /"), "what goes well is told to nobody"
        assert all(path == "/v1/traces" and headers["Content-Type"] == "application/json"
                   for path, headers, _ in collector.requests)
        assert SECRET not in "".join(body.decode() for _, _, body in collector.requests)
        assert "hunter2" not in "".join(body.decode() for _, _, body in collector.requests)


def test_a_rollout_is_a_trace(shop):
    with Collector() as collector:
        first = serve(shop, collector)
        bad = push(shop, "bad", ok=False, start="throw new Error('password=hunter2');")
        kept, taken_back = collector.wait("rollout", 2)
        assert kept.attributes["livefix.rollout.commit"] == first and not kept.is_error
        assert kept.attributes["livefix.rollout.outcome"] == "promoted" and kept.attributes["livefix.rollout.who"]
        assert kept.attributes["livefix.services"] == ["shop"] and kept.parent == ""
        assert "plan: " in kept.events[0]
        children = [one for one in collector.spans() if one.parent == kept.id]
        assert {"starting", "promoting"} <= {one.name for one in children}
        assert all(one.trace == kept.trace and kept.begin <= one.begin <= one.end <= kept.end for one in children)
        assert taken_back.is_error and taken_back.attributes["livefix.rollout.commit"] == bad
        assert taken_back.attributes["livefix.rollout.gate"] == "start"
        assert b"hunter2" not in b"".join(body for _, _, body in collector.requests)


def test_a_collector_that_refuses_is_told_of_once_and_holds_nothing_up(shop):
    with Collector(statuses=[401, 401]) as collector:
        serve(shop, collector)
        shop.livefix.wait_for_text("traces were not taken: 401")
        wait_until(lambda: get(shop.port, "/pay/1").status == 500 and len(collector.requests) >= 3,
                   "a third request of livefix", 40 * PATIENCE, pause=0.2)
        assert "were dropped meanwhile" in shop.livefix.wait_for_text("traces are taken again")
        assert sum("traces were not taken" in line for line in shop.livefix.lines + shop.livefix.errors) == 1
        dropped = re.search(r"^livefix_spans_dropped_total (\d+)$", shop.command("metrics").stdout, re.MULTILINE)
        assert int(dropped[1]) > 0
        assert {headers["Authorization"] for _, headers, _ in collector.requests} == {f"Bearer {SECRET}"}
        status = shop.command("status", "--json")
        assert SECRET not in status.stdout + shop.livefix.story()


def test_a_collector_that_is_full_gets_it_later(shop):
    with Collector(statuses=[503]) as collector:
        serve(shop, collector)
        collector.wait("rollout", 2)
        assert collector.requests[0][2] == collector.requests[1][2], "the same once more"
