"""A collector of OpenTelemetry: what it was sent by OTLP/HTTP, taken apart."""

from .hooks import Hook
from .livefix import PATIENCE
from .waiting import wait_until


def plain(value):
    """What an AnyValue of OTLP's JSON holds."""
    kind, inner = next(iter(value.items()))
    if kind == "intValue":
        assert isinstance(inner, str), "64 bits are a text"
        return int(inner)
    if kind == "arrayValue":
        return [plain(one) for one in inner["values"]]
    return inner


class Span:
    def __init__(self, span):
        self.trace, self.id, self.parent = span["traceId"], span["spanId"], span.get("parentSpanId", "")
        self.name, self.kind = span["name"], span["kind"]
        self.begin, self.end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
        self.attributes = {one["key"]: plain(one["value"]) for one in span["attributes"]}
        self.events = [one["name"] for one in span.get("events", [])]
        self.is_error = span.get("status", {}).get("code") == 2

    def __repr__(self):
        return f"<{self.name} {self.attributes}>"


class Collector(Hook):
    def spans(self, name=None):
        found = [Span(span) for sent in self.events() for resource in sent["resourceSpans"]
                 for scope in resource["scopeSpans"] for span in scope["spans"]]
        return [one for one in found if name in (None, one.name)]

    def wait(self, name, count=1, timeout=30):
        """The first `count` spans of that name."""
        return wait_until(lambda: self.spans(name)[:count] if len(self.spans(name)) >= count else None,
                          f"{count} {name}, not {self.spans()}", timeout * PATIENCE)
