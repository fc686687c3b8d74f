"""Very long and very many."""

from smuggling.case import GET, RFC9110, RFC9112, Request, get, passed, post, refused

SOURCE = RFC9112 + "3"
FIELDS = RFC9110 + "5.4"
LARGE, MANY = "head is too large", "too many fields"
KIB = 1024

CASES = [
    refused("a target of 70 KiB", SOURCE, get(line=f"GET /{'x' * 70 * KIB} HTTP/1.1"), 431, LARGE),
    refused("a method of 70 KiB", SOURCE, get(line=f"{'X' * 70 * KIB} /case HTTP/1.1"), 431, LARGE),
    refused("a value of 70 KiB", FIELDS, get(f"X: {'y' * 70 * KIB}"), 431, LARGE),
    refused("a name of 70 KiB", FIELDS, get(f"{'X' * 70 * KIB}: y"), 431, LARGE),
    refused("129 fields", FIELDS, get(*["X: y"] * 128), 431, MANY),
    refused("many fields of 70 KiB", FIELDS, get(*[f"X: {'y' * KIB}"] * 70), 431, LARGE),
    refused("a length behind 64 KiB", FIELDS,
            post(f"X: {'y' * 65 * KIB}", "Content-Length: 5", body="hello"), 431, LARGE),
    passed("a target of 8000 bytes", SOURCE + ": at least that", get(line=f"GET /{'x' * 7999} HTTP/1.1"),
           Request("GET", "/" + "x" * 7999)),
    passed("a value of 60 KiB", FIELDS, get(f"X: {'y' * 60 * KIB}"), GET._replace(has={"x": "y" * 60 * KIB})),
    passed("128 fields", FIELDS, get(*["X: y"] * 127), GET),
    passed("a body of 300 KiB that is requests", RFC9112 + "6", post(
        f"Content-Length: {len(get()) * 8000}", body=get() * 8000), Request("POST", "/case", get().encode() * 8000)),
]
