"""What the HTTP/2 standard demands, as h2spec asks for it."""

import shutil
import subprocess

import pytest

from support import h2spec, ports
from support.http import get
from support.livefix import PATIENCE

# A connection that begins with neither of the two is answered in the older of them: the port speaks
# HTTP/1 as well (RFC 9113 section 3.3), so what is no preface of HTTP/2 is a bad request of HTTP/1.
# By TLS the two have chosen HTTP/2.
DOES_NOT_APPLY = {False: {"http2/3.5 Sends invalid connection preface"}, True: set()}


@pytest.mark.skipif(not shutil.which("go"), reason="h2spec is built by Go, which is not installed")
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_h2spec(node, start, place, measured, tls):
    door = ports.free_port() if tls else node.port
    if tls:
        (node.directory / "livefix.toml").write_text(f"""
[service.shop]
command = "node server.js"
[proxy]
listen = [{{ address = "127.0.0.1:{door}", tls = true }}]
[[proxy.certificate]]
development = true
""")
    livefix = start([], node.directory) if tls else start(node)
    try:
        h2spec.installed()
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.fail("h2spec could not be built; that needs the network once")
    # Some cases expect to be quicker than the answer: "DATA after RST_STREAM" cannot be told from what
    # was on its way when the whole answer, and with it our RST_STREAM, came first. So each has a few
    # tries; what is wrong fails in all of them.
    failed = None
    for _ in range(4):
        cases, output = h2spec.run(door, place / "report.xml", timeout=int(2 * PATIENCE), tls=tls)
        assert len(cases) > 140, output
        now = {name for name, passed in cases.items() if not passed}
        failed = now if failed is None else failed & now
        if failed <= DOES_NOT_APPLY[tls]:
            break
    assert failed <= DOES_NOT_APPLY[tls], output
    measured("cases of h2spec", len(cases) - len(failed), f"of {len(cases)}")
    assert get(node.port).text == "release one"
    assert livefix.stop() == 0
