#!/usr/bin/python3
"""gRPC through handovers: the implementations in Go and Python as servers and as clients, unary calls
and streams in all directions; none may be broken before its deadline.

    tests/loss/run_grpc.py                       100 handovers of each server
    tests/loss/run_grpc.py --server go --handovers 5
    tests/loss/run_grpc.py --kill                each program is killed (-9), to see that this test can fail
Exit status: 0 when no call was broken or wrong; 1 otherwise.
"""

import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from loss import services  # noqa: E402
from support import ports, processes  # noqa: E402
from support.livefix import Livefix  # noqa: E402
from support.waiting import wait_until  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"  # the one with grpc from Debian's packages


class GrpcGo(services.Service):
    name, source = "grpc-go", "main.go"

    def command(self):
        return ["main.go", str(self.port)]


class GrpcPython(services.Service):
    name, source = "grpc-python", "server.py"

    def command(self):
        return [PYTHON, "server.py", str(self.port)]


SERVERS = {"go": GrpcGo, "python": GrpcPython}


def run_server(name, arguments, go_client):
    with tempfile.TemporaryDirectory(prefix="livefix-grpc-") as directory:
        directory = pathlib.Path(directory)
        service = SERVERS[name](directory / "service", ports.free_port())
        end, floor, seen = directory / "end", directory / "floor", directory / "seen"
        seen.mkdir()
        floor.write_text("r0")
        target = f"127.0.0.1:{service.port}"
        with Livefix(service.command(), service.directory) as livefix:
            livefix.wait("ready", timeout=300)  # gRPC itself is compiled the first time
            clients = {
                "go": subprocess.Popen([go_client, "--target", target, "--clients", str(arguments.clients),
                                        "--until-file", end, "--release-floor-file", floor, "--seen-directory", seen],
                                       stdout=subprocess.PIPE),
                "python": subprocess.Popen([PYTHON, HERE / "grpc_calls.py", target, str(arguments.clients), end, seen],
                                           stdout=subprocess.PIPE)}
            try:
                times = hand_over(livefix, service, floor, seen, arguments)
                end.touch()
                reports = {who: json.loads(client.communicate(timeout=60)[0]) for who, client in clients.items()}
            finally:
                for client in clients.values():
                    client.kill()
                    client.wait()
            assert livefix.stop() == 0
    return {"server": name, "handovers": len(times), "slowest_ms": max(times) * 1000, "clients": reports}


def hand_over(livefix, service, floor, seen, arguments):
    pauses, times = random.Random(arguments.seed), []
    wait_for_answers("r0", seen)
    for number in range(1, arguments.handovers + 1):
        livefix.forget()
        start = time.monotonic()
        service.save(f"r{number}")
        event = livefix.wait(("serving", "failed"), timeout=120)
        assert event["event"] == "serving", event
        times.append(event["arrived"] - start)
        new = floor.with_name("floor.new")
        new.write_text(f"r{number}")
        new.rename(floor)
        if arguments.kill:
            kill_program(livefix)
        wait_for_answers(f"r{number}", seen)
        time.sleep(pauses.uniform(0, arguments.pause))  # so that saves meet every state of the load
        if number % 10 == 0:
            print(f"  {service.name}: {number} handovers, the last in {times[-1] * 1000:.0f} ms", flush=True)
            # Streams live on in old generations; a few of them at once are enough.
            wait_until(lambda: len(livefix.status()["generations"]) <= 3, "the drains to end", 60)
    return times


def wait_for_answers(release, seen):
    """A handover that no call met would show nothing."""
    files = [seen / f"{who}-{release}" for who in ("go", "python")]
    wait_until(lambda: all(file.exists() for file in files), f"{release} to answer each client", 60)


def kill_program(livefix):
    """While it has calls: one that is idle breaks none."""
    wait_until(lambda: livefix.status()["generations"][-1]["in_flight"] >= 3, "calls at the new program", 30)
    pid = livefix.status()["generations"][-1]["pid"]
    os.kill(pid, signal.SIGKILL)
    processes.wait_gone(pid)


def failures(report, arguments):
    for who, seen in report["clients"].items():
        yield from (f"{who} client: {line}" for line in seen["broken"])
        missing = {"unary", "down", "up", "both"} - set(seen["calls"])
        if missing:
            yield f"{who} client: no call of the kinds {sorted(missing)}"
        if len(seen["releases"]) <= arguments.handovers:
            yield f"{who} client: only {len(seen['releases'])} releases answered"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", action="append", choices=[*SERVERS], help="default: both")
    parser.add_argument("--handovers", type=int, default=100)
    parser.add_argument("--clients", type=int, default=8, help="of each implementation")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between handovers, at most")
    parser.add_argument("--kill", action="store_true", help="kill the program after each handover; calls have to be broken")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000_000)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    go_client = services.build_go("grpcload")
    bad = 0
    for name in arguments.server or SERVERS:
        report = run_server(name, arguments, go_client)
        for who, seen in report["clients"].items():
            calls = ", ".join(f"{count} {kind}" for kind, count in sorted(seen["calls"].items()))
            print(f"{name} server, {who} client: {report['handovers']} handovers, {sum(seen['calls'].values())} calls "
                  f"({calls}), {seen['messages']} messages, {len(seen['broken'])} broken")
        for line in failures(report, arguments):
            print(f"  FAILED: {line}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
