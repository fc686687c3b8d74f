"""Doors of the proxy's own, by livefix.toml: TLS, its certificates, the PROXY protocol."""

import json
import os
import shutil
import socket
import ssl
import subprocess

import pytest

from support import ports
from support.waiting import wait_until

SERVER = """
require("http").createServer((q, s) => s.end(JSON.stringify(q.headers))).listen(PORT);
"""


def make_certificate(directory, name):
    """A self-signed certificate for `name`, in `name`.pem and `name`.key."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
               "-keyout", directory / f"{name}.key", "-out", directory / f"{name}.pem"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def replace(source, target):
    """As the tools do it that renew certificates."""
    shutil.copy(source, f"{target}.new")
    os.replace(f"{target}.new", target)


def talk(port, before=b"", tls=True, name="shop.test"):
    """One request over one connection: what the program saw, and whose certificate was shown."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(before)
        shown = None
        if tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            client = context.wrap_socket(client, server_hostname=name)
            text = ssl.DER_cert_to_PEM_cert(client.getpeercert(binary_form=True))
            subject = subprocess.run(["openssl", "x509", "-noout", "-subject"], input=text, text=True,
                                     capture_output=True, check=True).stdout
            shown = subject.strip().rpartition("=")[2].strip()
        client.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), answer
    return json.loads(body), shown


@pytest.fixture
def shop(place, start):
    """shop(door) starts a service behind one door; `place` has the certificate cert.pem."""
    make_certificate(place, "shop.test")
    make_certificate(place, "new.test")
    replace(place / "shop.test.pem", place / "cert.pem")
    replace(place / "shop.test.key", place / "cert.key")

    def shop_behind(door, own=None, **more):
        own = own or ports.free_port()
        (place / "server.js").write_text(SERVER.replace("PORT", str(ports.free_port())))
        (place / "livefix.toml").write_text(f"""
[service.shop]
command = "node server.js"
[proxy]
listen = [{{ address = "127.0.0.1:{own}", {door} }}]
[[proxy.certificate]]
certificate = "cert.pem"
key = "cert.key"
""")
        return own, start([], place, **more)

    return shop_behind


@pytest.mark.short
def test_requests_come_by_tls(shop):
    port, livefix = shop("tls = true")
    seen, shown = talk(port)
    assert shown == "shop.test"
    assert seen["x-forwarded-proto"] == "https" and seen["host"] == "shop.test"
    assert livefix.stop() == 0


def test_new_certificates_are_shown_without_a_restart(shop, place):
    port, livefix = shop("tls = true")
    assert talk(port)[1] == "shop.test"
    replace(place / "new.test.pem", place / "cert.pem")  # for a moment, the key is that of another
    replace(place / "new.test.key", place / "cert.key")
    wait_until(lambda: talk(port)[1] == "new.test", "the new certificate to be shown")
    assert livefix.stop() == 0


def test_a_bad_certificate_is_told_and_the_old_one_stays_also_in_a_new_proxy(shop, place):
    port, livefix = shop("tls = true")
    replace(place / "new.test.key", place / "cert.key")
    warning = livefix.wait("warning")
    assert "its key belongs to another certificate" in warning["message"]
    assert talk(port)[1] == "shop.test"
    livefix.kill("proxy")
    wait_until(lambda: talk(port)[1] == "shop.test", "the next proxy to show the old certificate")
    (place / "cert.key").unlink()
    told = [livefix.wait("warning")["message"], livefix.wait("warning")["message"]]
    assert any("cert.key: No such file or directory" in one for one in told), told
    assert talk(port)[1] == "shop.test"
    assert livefix.stop() == 0


def test_a_certificate_for_the_desk_is_made_and_kept(place, start):
    port = ports.free_port()
    (place / "server.js").write_text(SERVER.replace("PORT", str(ports.free_port())))
    (place / "livefix.toml").write_text(f"""
[service.shop]
command = "node server.js"
[proxy]
listen = [{{ address = "127.0.0.1:{port}", tls = true }}]
[[proxy.certificate]]
development = true
names = ["shop.test"]
""")

    def shown():
        livefix = start([], place)
        trusting = ssl.create_default_context(cafile=next((place / ".livefix/tls").glob("*.pem")))
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client, \
                trusting.wrap_socket(client, server_hostname="shop.test") as session:
            certificate = session.getpeercert(binary_form=True)
        assert livefix.stop() == 0
        return certificate

    assert shown() == shown(), "a browser would have to be told once more"


@pytest.mark.parametrize("tls", ["false", "true"])
def test_the_proxy_protocol_tells_who_the_client_is(shop, tls):
    port, livefix = shop(f"proxy_protocol = true, tls = {tls}")
    seen, _ = talk(port, b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\n", tls=tls == "true")
    assert seen["x-forwarded-for"] == "203.0.113.7"
    assert livefix.stop() == 0


def test_an_address_in_use_is_told_at_once(shop):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _, livefix = shop("tls = false", port, ready=False)
        assert livefix.join(20) != 0
        assert any(f"cannot listen at 127.0.0.1:{port}" in line for line in livefix.errors), livefix.story()
