"""Looking at processes through /proc."""

import os
import select


def children(pid):
    """Process ids of the direct children."""
    found = []
    for other in _all():
        stat = _stat(other)
        if stat and stat[1] == pid:
            found.append(other)
    return found


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def alive(pid):
    """Runs, that is: is there and is no zombie."""
    stat = _stat(pid)
    return stat is not None and stat[0] not in "ZX"


def with_mark(mark):
    """All processes that have `mark` in their environment or work below a directory of that name."""
    found = []
    for pid in _all():
        if pid == os.getpid() or not alive(pid):
            continue
        try:
            with open(f"/proc/{pid}/environ", "rb") as f:
                if mark.encode() in f.read():
                    found.append(pid)
                    continue
            if mark in os.readlink(f"/proc/{pid}/cwd"):
                found.append(pid)
        except OSError:
            continue
    return found


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def wait_gone(pid, timeout=10.0):
    """Returns when the process has ended; it need not be a child."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(timeout * 1000))
    finally:
        os.close(descriptor)


def _all():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _stat(pid):
    """(state, parent) or None."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
            return fields[0], int(fields[1])
    except (OSError, IndexError):
        return None
