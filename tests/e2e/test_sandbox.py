"""Whoever takes the proxy over can do no more than carry traffic: hostile calls in a real proxy."""

import os
import pathlib
import signal
import socket
import subprocess
import sys

import pytest

from support import injection, ports, processes
from support.http import get
from support.livefix import BINARY
from test_environment import WITHOUT_SECCOMP

AT_FDCWD, PR_SET_DUMPABLE, CAP_SETPCAP = -100, 4, 8

SANITIZED = any(mark in pathlib.Path(BINARY).read_bytes() for mark in (b"__asan_init", b"__tsan_init"))
pytestmark = pytest.mark.skipif(SANITIZED, reason="a build with sanitizers has no sandbox: their runtimes need more")


@pytest.fixture
def inject():
    """inject(pid) gives an Injection; a skip where nothing can be traced."""
    if not injection.supported():
        pytest.skip("the injection knows x86-64")

    def into(pid):
        # A process that hides from others of its user is what is wanted; look at another one.
        child = subprocess.Popen(["sleep", "60"])
        try:
            injection.ptrace(injection.SEIZE, child.pid)
        except PermissionError:
            pytest.skip("ptrace is not permitted here")
        finally:
            child.kill()
            child.wait()
        try:
            return injection.Injection(pid)
        except PermissionError:
            pytest.skip("without CAP_SYS_PTRACE the proxy cannot be traced, as is meant")

    return into


def facts(pid):
    """/proc/PID/status of each thread, as dictionaries."""
    found = []
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        lines = (thread / "status").read_text().splitlines()
        found.append({name: value.strip() for name, _, value in (line.partition(":") for line in lines)})
    return found


def proxy_that_serves(livefix, port):
    assert get(port).text == "release one"
    return livefix.role("proxy")


@pytest.mark.short
def test_the_proxy_has_given_up_what_it_does_not_need(node, start):
    livefix = start(node)
    threads = facts(proxy_that_serves(livefix, node.port))
    assert len(threads) > 1, "the workers are not there"
    could_drop = int(facts(os.getpid())[0]["CapEff"], 16) >> CAP_SETPCAP & 1
    for thread in threads:
        assert (thread["Seccomp"], thread["NoNewPrivs"]) == ("2", "1"), thread
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb", *(["CapBnd"] if could_drop else [])):
            assert int(thread[kind], 16) == 0, (kind, thread)
    assert not [line for line in livefix.errors if "sandbox" in line], livefix.story()
    assert livefix.stop() == 0


@pytest.mark.short
def test_hostile_calls_in_the_proxy_are_refused(node, start, inject):
    livefix = start(node)
    pid = proxy_that_serves(livefix, node.port)
    proxy = inject(pid)
    assert proxy.call("getpid") == pid, "the injection does not work"
    assert proxy.call("openat", AT_FDCWD, "/etc/passwd", os.O_RDONLY) == injection.REFUSED
    assert proxy.call("openat", AT_FDCWD, ".", os.O_RDWR | os.O_TMPFILE, 0o600) == injection.REFUSED
    for kind in ((socket.AF_UNIX, socket.SOCK_STREAM, 0), (socket.AF_INET, socket.SOCK_DGRAM, 0),
                 (socket.AF_NETLINK, socket.SOCK_RAW, 0), (socket.AF_PACKET, socket.SOCK_RAW, 0)):
        assert proxy.call("socket", *map(int, kind)) == injection.REFUSED, kind
    assert proxy.call("prctl", PR_SET_DUMPABLE, 1) == injection.REFUSED
    # What it is there for.
    connection = proxy.call("socket", int(socket.AF_INET), socket.SOCK_STREAM | socket.SOCK_CLOEXEC, 0)
    assert connection >= 0 and proxy.call("close", connection) == 0
    proxy.detach()
    assert get(node.port).text == "release one"
    assert livefix.role("proxy") == pid
    assert livefix.stop() == 0


@pytest.mark.short
@pytest.mark.parametrize("call, arguments", [
    ("execve", ("/bin/sh", 0, 0)), ("fork", ()), ("kill", (1, 0)), ("mprotect", (0, 4096, 5))])
def test_an_attack_ends_the_proxy_and_not_the_service(node, start, inject, call, arguments):
    livefix = start(node)
    pid = proxy_that_serves(livefix, node.port)
    proxy = inject(pid)
    with pytest.raises(injection.Died) as died:
        proxy.call(call, *arguments)
    assert died.value.signal == signal.SIGSYS
    assert processes.wait_gone(pid)
    assert get(node.port).text == "release one"
    assert "killed by SIGSYS" in livefix.wait("warning")["message"]
    assert livefix.stop() == 0


def test_it_can_be_switched_off(node, start, inject):
    """And then the same injection gets what it asks for."""
    livefix = start(node, environment={"LIVEFIX_SANDBOX": "off"})
    pid = proxy_that_serves(livefix, node.port)
    assert {thread["Seccomp"] for thread in facts(pid)} == {"0"}
    proxy = inject(pid)
    file = proxy.call("openat", AT_FDCWD, "/etc/passwd", os.O_RDONLY)
    assert file >= 0 and proxy.call("close", file) == 0
    proxy.detach()
    assert livefix.stop() == 0


def test_another_process_of_its_user_cannot_trace_it(node, start):
    livefix = start(node)
    pid = proxy_that_serves(livefix, node.port)
    code = f"""
import ctypes, sys
sys.path.insert(0, {str(pathlib.Path(__file__).resolve().parents[1])!r})
from support import injection
header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert injection.libc.capset(header, none) == 0
try:
    injection.ptrace(injection.SEIZE, {pid})
except PermissionError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "refused", done
    assert livefix.stop() == 0


def test_without_seccomp_the_rest_stands_and_it_says_so(node, start):
    livefix = start(node, options=["--port", str(ports.free_port())], wrapper=WITHOUT_SECCOMP)
    said = [line for line in livefix.errors if "sandbox" in line]
    assert said == ["livefix: the proxy runs without its whole sandbox: seccomp: Operation not permitted"]
    for thread in facts(livefix.role("proxy")):
        assert int(thread["CapEff"], 16) == 0 and thread["NoNewPrivs"] == "1", thread
    assert livefix.stop() == 0
