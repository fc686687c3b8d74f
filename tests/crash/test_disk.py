"""A disk that is full, and one that does not keep what it was given."""

import errno
import json
import os
import pathlib
import subprocess

import faults as fault
import pytest
import run
from shop import Shop
from support import ports
from support.http import get, try_get
from support.livefix import PATIENCE
from support.waiting import wait_until

SIZE = 48 << 20


class Disk:
    """A small file system of its own."""

    def __init__(self, place):
        self.path = place / "disk"
        self.path.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "livefix-test", self.path],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")
        self._filler = self.path / "filler"

    def fill(self, leave=0):
        """So that `leave` bytes are free, in whole pages."""
        with open(self._filler, "ab", buffering=0) as file:
            while True:
                free = os.statvfs(self.path)
                left = free.f_bavail * free.f_frsize - leave
                if left <= 0:
                    return
                try:
                    file.write(b"x" * min(left, 1 << 20))
                except OSError as error:
                    assert error.errno == errno.ENOSPC
                    return

    def make_room(self):
        self._filler.unlink(missing_ok=True)

    def unmount(self):
        subprocess.run(["umount", "-l", self.path], check=True)


@pytest.fixture
def disk(place):
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    one = Disk(place)
    yield one
    one.unmount()


@pytest.fixture
def shop(place, disk):
    one = Shop(place, ports.free_port(), state=disk.path / "state")
    one.serve()
    one.push_good()
    yield one
    one.end()


def still_serves(shop, commit):
    assert shop.running() == commit
    assert get(shop.port).text == shop.name_of(commit)
    assert shop.repository.live() == commit


def works_again(shop, disk):
    disk.make_room()
    shop.follow_branch()
    with shop.load():
        commit = shop.push_good()
        shop.check([commit])


# What a push needs, step by step; where room ends it says so, and nothing is changed.
ROOM = [0, 1 << 14, 1 << 17, 1 << 20, 3 << 19]
# The last one is Git's.
FULL = ("No space left", "does not fit", "full", "Out of diskspace")


@pytest.mark.parametrize("room", ROOM)
def test_a_push_that_finds_no_room_changes_nothing(shop, disk, room):
    before = shop.running()
    shop.release(files=[("data.bin", os.urandom(1 << 20).hex()[:1 << 20])])
    with shop.load():
        disk.fill(leave=room)
        pushed = shop.repository.push()
        assert pushed.returncode != 0
        assert any(word in pushed.stderr for word in FULL), pushed.stderr
        still_serves(shop, before)
    works_again(shop, disk)


# The one fails, the other ends well and leaves no room for what has to be written down.
@pytest.mark.parametrize("build", ["sh -c 'head -c 200000000 /dev/zero > built'",
                                   "sh -c 'head -c 200000000 /dev/zero > built; true'"])
def test_a_build_that_fills_the_disk_is_refused(place, shop, disk, build):
    before = shop.running()
    (place / "livefix.toml").write_text((place / "livefix.toml").read_text().replace(
        '"touch built"', f'"{build}"'))
    shop.stop()
    shop.serve()
    wait_until(lambda: try_get(shop.port) is not None, "the release to serve again", 20 * PATIENCE)
    shop.release()
    with shop.load():
        pushed = shop.repository.push()
        assert pushed.returncode != 0
        assert any(word in pushed.stderr for word in FULL), pushed.stderr
        still_serves(shop, before)
    if "true" in build:
        return  # the release is whole: it stays for another try, as one of those that are kept
    # What the build had written is no release, and its room is given back.
    wait_until(lambda: os.statvfs(disk.path).f_bfree * 4096 > SIZE // 2, "room again", 20 * PATIENCE)


def test_a_rollback_that_finds_no_room_says_so(shop, disk):
    first = shop.running()
    second = shop.push_good()
    with shop.load():
        disk.fill()
        done = shop.command("rollback")
        disk.make_room()
        if done.returncode == 0:
            shop.check([first])
        else:
            assert any(word in done.stderr for word in FULL), done.stderr
            shop.check([first, second])
    shop.follow_branch()
    shop.check([shop.push_good()])


def test_control_comes_back_on_a_full_disk(shop, disk):
    before = shop.running()
    with shop.load():
        disk.fill()
        shop.livefix.kill("control")
        shop.wait_for_control()
        still_serves(shop, before)
        refused = shop.repository.push("live", "main:refs/heads/other")
        assert shop.livefix.process.poll() is None, refused.stderr
    works_again(shop, disk)


def test_a_rollout_that_was_cut_off_on_a_full_disk_is_recorded_when_there_is_room(shop, disk):
    before = shop.running()
    shop.release()
    with shop.load():
        pushing = shop.repository.begin_push()
        wait_until(lambda: shop.history()["now"] != "", "the rollout", 20 * PATIENCE)
        disk.fill()
        shop.livefix.kill("control")
        pushing.communicate(timeout=60 * PATIENCE)
        shop.wait_for_control()
        assert get(shop.port).status == 200
        disk.make_room()
        shop.check([before, shop.repository.head()])


def test_a_first_start_without_room_ends_with_a_sentence(place, disk):
    shop = Shop(place, ports.free_port(), state=disk.path / "state")
    disk.fill()
    livefix = shop.serve(wait=False)
    try:
        assert livefix.join(30) == 1
        said = "\n".join(livefix.errors)
        assert any(word in said for word in FULL), livefix.story()
    finally:
        shop.end()


# --- what else keeps a ledger from being opened --------------------------------------------------


def test_services_run_on_while_the_ledger_cannot_be_opened(place):
    shop = Shop(place, ports.free_port())
    try:
        shop.serve()
        commit = shop.push_good()
        ledger = pathlib.Path(shop.state / "ledger.db")
        with shop.load():
            ledger.rename(ledger.with_name("away"))
            ledger.mkdir()
            shop.livefix.kill("control")
            shop.livefix.wait_for_text("what runs goes on")
            refused = shop.command("history")
            assert refused.returncode != 0 and "regular file" in refused.stderr, refused.stderr
            pushed = shop.repository.push("live", "main:other")
            assert pushed.returncode != 0 and "regular file" in pushed.stderr, pushed.stderr
            # A crash is mended meanwhile.
            started = shop.livefix.role("control")
            ledger.rmdir()
            ledger.with_name("away").rename(ledger)
            shop.livefix.role("control", but_not=started)
            shop.wait_for_control()
            shop.check([commit])
        shop.stop()
    finally:
        shop.end()


def test_a_first_start_without_its_ledger_ends_with_a_sentence(place):
    shop = Shop(place, ports.free_port())
    (shop.state / "ledger.db").mkdir(parents=True)
    livefix = shop.serve(wait=False)
    try:
        assert livefix.join(30) == 1
        assert any("ledger.db" in line for line in livefix.errors), livefix.story()
    finally:
        shop.end()


# --- a sync that fails ---------------------------------------------------------------------------


@pytest.mark.parametrize("most", [4, pytest.param(100, marks=pytest.mark.soak)])
@pytest.mark.parametrize("scenario", ["good", "bad", "rollback"])
def test_each_sync_that_fails_breaks_no_promise(place, scenario, most):
    shop = run.new_shop(place)
    failed = 0
    try:
        run.prepare(shop)
        for at in range(1, most + 1):
            shop.follow_branch()
            with shop.load():
                allowed, wanted = run.SCENARIOS[scenario](
                    shop, lambda *_, at=at: shop.faults.arm(fault.FAIL_SYNC, at))
                shop.faults.disarm()
                shop.check(allowed, wanted)
            if not shop.faults.hit:
                break
            failed += 1
        shop.stop()
    finally:
        shop.end()
    assert failed >= 3, f"only {failed} syncs"


def commands_on_record(shop):
    done = shop.command("audit", "log", "--json")
    assert done.returncode == 0, done.stderr
    return [event["text"] for event in json.loads(done.stdout)["events"] if event["kind"] == "command"]


def warned(shop, text):
    return [event for event in shop.livefix.seen("warning") if text in event["message"]]


def test_what_cannot_be_recorded_is_done_and_recorded_when_there_is_room(shop, disk):
    with shop.load():
        disk.fill()
        reloaded = shop.command("reload")
        assert reloaded.returncode == 0, reloaded.stderr
        disk.make_room()
        wait_until(lambda: commands_on_record(shop) == ["reload shop"], "its record", 20 * PATIENCE)
    assert shop.command("audit", "verify").returncode == 0


def test_a_full_disk_keeps_nobody_from_a_stop(shop, disk):
    disk.fill()
    stopped = shop.command("stop")
    assert stopped.returncode == 0, stopped.stderr
    assert shop.livefix.join() == 0
    disk.make_room()
    is_told = warned(shop, "the ledger cannot be written") and warned(shop, "the ledger ends without")
    shop.serve()
    assert is_told or commands_on_record(shop) == ["stop"], "it is on record, or that it is not was said"
    assert shop.command("audit", "verify").returncode == 0
