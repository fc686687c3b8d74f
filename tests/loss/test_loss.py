"""A short loss test for every run, and the proof that the loss test can fail."""

import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[0]))
from loss import services  # noqa: E402
from support.livefix import BINARY  # noqa: E402


def run(*arguments, program="run.py", timeout=600):
    done = subprocess.run([sys.executable, HERE / program, *map(str, arguments)], capture_output=True,
                          text=True, timeout=timeout)
    print(done.stdout[-4000:], done.stderr[-2000:])
    return done


def test_the_generator_finds_every_lie():
    subprocess.run(["go", "vet", "."], cwd=HERE / "loadgen", check=True)
    subprocess.run(["go", "test", "."], cwd=HERE / "loadgen", check=True)


@pytest.mark.parametrize("service", services.ALL)
def test_kill_and_restart_is_seen_to_lose(service, tmp_path):
    done = run("--driver", "naive", "--service", service, "--handovers", 3, "--min-requests", 100,
               "--report", tmp_path)
    assert done.returncode == 1 and " lost" in done.stdout.rpartition("FAILED:")[2]


needs_livefix = pytest.mark.skipif(not pathlib.Path(BINARY).exists(), reason=f"no {BINARY}")


@needs_livefix
@pytest.mark.short
@pytest.mark.parametrize("service", services.ALL)
def test_handovers_lose_nothing(service, tmp_path):
    assert run("--service", service, "--handovers", 15, "--report", tmp_path).returncode == 0


has_grpc = pytest.mark.skipif(
    subprocess.run(["/usr/bin/python3", "-c", "import grpc, google.protobuf"], capture_output=True).returncode != 0,
    reason="python3-grpcio or python3-protobuf is not installed")


# The long form, 100 handovers of both: tests/loss/run_grpc.py (make soak).
@needs_livefix
@has_grpc
@pytest.mark.parametrize("server", ["go", "python"])
def test_handovers_break_no_grpc_call(server):
    assert run("--server", server, "--handovers", 5, program="run_grpc.py").returncode == 0


@needs_livefix
@has_grpc
def test_a_killed_grpc_server_is_seen_to_break_calls():
    done = run("--server", "python", "--handovers", 6, "--kill", program="run_grpc.py")
    # Before the answer has begun they are UNAVAILABLE, inside it INTERNAL.
    assert done.returncode == 1 and "FAILED: " in done.stdout, done.stdout


@needs_livefix
@pytest.mark.parametrize("options", [["--kill-control"], ["--crash-every", 3], ["--kill-proxy"],
                                     ["--kill-control", "--crash-every", 3]], ids=lambda o: ' '.join(map(str, o)))
def test_handovers_lose_nothing_when_things_die(options, tmp_path):
    options = [str(o) for o in options]
    assert run("--service", "node", "--handovers", 15, *options, "--report", tmp_path).returncode == 0
