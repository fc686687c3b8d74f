"""Free ports that stay free: no two tests get the same one, also when they run side by side."""

import random
import socket

_reservations = []  # abstract sockets, held as long as this process lives


def free_port():
    """A TCP port nobody listens on, from below the range of client ports.

    Binding port 0 and closing it again would give a port that an outgoing connection of a load
    may take the next moment.
    """
    for _ in range(1000):
        port = random.randrange(20000, 32000)
        reservation = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            reservation.bind(f"\0livefix-test-port-{port}")
            _bind_everywhere(port)
        except OSError:
            reservation.close()
            continue
        _reservations.append(reservation)
        return port
    raise RuntimeError("no free port between 20000 and 32000")


def _bind_everywhere(port):
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        try:
            probe = socket.socket(family, socket.SOCK_STREAM)
        except OSError:
            continue  # no IPv6 here
        with probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((address, port))


def listening(port):
    """Whether anything listens on the port, on whatever address."""
    wanted = f"{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as lines:
                next(lines)
                for line in lines:
                    fields = line.split()
                    if fields[3] == "0A" and fields[1].endswith(":" + wanted):
                        return True
        except FileNotFoundError:
            pass
    return False
