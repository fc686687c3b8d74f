"""A short loss test for every run, and the proof that the loss test can fail."""

import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[0]))
from loss import services  # noqa: E402
from support.livefix import BINARY  # noqa: E402


def run(*arguments, timeout=600):
    done = subprocess.run([sys.executable, HERE / "run.py", *map(str, arguments)], capture_output=True,
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


@needs_livefix
@pytest.mark.parametrize("options", [["--kill-control"], ["--crash-every", 3], ["--kill-proxy"],
                                     ["--kill-control", "--crash-every", 3]], ids=lambda o: ' '.join(map(str, o)))
def test_handovers_lose_nothing_when_things_die(options, tmp_path):
    options = [str(o) for o in options]
    assert run("--service", "node", "--handovers", 15, *options, "--report", tmp_path).returncode == 0
