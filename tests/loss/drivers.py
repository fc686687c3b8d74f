"""What brings a saved release into service: livefix, or, to show that the test can fail, not it."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

from support import http, processes
from support.livefix import Livefix
from support.waiting import wait_until


def release_of(port):
    """The release that answers now, or None."""
    answer = http.try_get(port, "/echo?id=probe", headers={"X-Request-Id": "probe"}, timeout=10)
    return answer.headers.get("X-Release") if answer is not None and answer.status == 200 else None


def proxy_answers(port):
    """Whether the proxy answers: to a request without Host, which it refuses by itself, so that a
    service that has much to do is not measured."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
            s.sendall(b"GET / HTTP/1.1\r\n\r\n")
            return s.recv(100).startswith(b"HTTP/1.1 400")
    except OSError:
        return False


class LivefixDriver:
    """`livefix COMMAND...`: a save is enough."""

    floor_is_sure = True
    speaks_http2 = True

    def __init__(self, service, environment, options):
        self.service = service
        self.livefix = Livefix(service.command(), service.directory, options=options,
                               environment=environment)
        self.livefix.wait("ready", timeout=60)

    def change(self, number, release):
        """Saves, and returns the seconds until the new release serves."""
        self.livefix.forget()
        start = time.monotonic()
        self.service.save(release)
        event = self.livefix.wait(("serving", "failed"), timeout=60)
        assert event["event"] == "serving", event
        return event["arrived"] - start

    def fail(self, number, release):
        """Saves what cannot start, and waits for the word that it did not."""
        self.livefix.forget()
        self.service.save_broken(number, release)
        self.livefix.wait("failed", timeout=60)

    def all_drained(self):
        """Waits until one generation is left."""
        wait_until(lambda: len(self.livefix.status()["generations"]) == 1, "the drains to end", 60)

    def tell_story(self):
        """The last events and what the keeper has, for a failure."""
        for event in [e for e in self.livefix.events if e["event"] != "output"][-40:]:
            print("  ", {k: v for k, v in event.items() if k not in ("service", "arrived")})
        print(self.livefix.command("status", "--json").stdout)

    def stop(self):
        status = self.livefix.stop()
        assert status == 0, f"exit status {status}\n{self.livefix.story()}"

    def abandon(self):
        self.livefix.abandon()


class HarriedLivefixDriver(LivefixDriver):
    """The same while control is killed: its events may be lost with it, so ask the service itself."""

    floor_is_sure = False  # one answer by the new release does not say that all workers have it

    def change(self, number, release):
        start = time.monotonic()
        self.service.save(release)
        wait_until(lambda: release_of(self.service.port) == release, f"{release} to serve", 60)
        return time.monotonic() - start

    def fail(self, number, release):
        failed = len(self.livefix.seen("failed"))
        kills = self.killer.count
        self.service.save_broken(number, release)
        # The control that would have said so may be dead: then one more has come since.
        wait_until(lambda: len(self.livefix.seen("failed")) > failed or self.killer.count > kills + 1,
                   "the word that it failed", 60)

    def all_drained(self):
        pass


class NaiveDriver:
    """Kill it and start it again: what nodemon and its kin do."""

    floor_is_sure = True
    speaks_http2 = False  # nor do the services, by themselves

    def __init__(self, service, environment, _options):
        self.service, self.environment = service, dict(os.environ, **environment)
        self._start(None)

    def _start(self, release):
        self.process = subprocess.Popen(
            self.service.plain_command(), cwd=self.service.directory, env=self.environment,
            stdout=subprocess.DEVNULL, stderr=sys.stderr, start_new_session=True)
        wait_until(lambda: release_of(self.service.port) == (release or "r0"), "the service", 60)

    def change(self, number, release):
        start = time.monotonic()
        self.service.save(release)
        self._end()
        self._start(release)
        return time.monotonic() - start

    def all_drained(self):
        pass

    def tell_story(self):
        pass

    def _end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self._end()

    def abandon(self):
        if self.process.poll() is None:
            self._end()


class Killer:
    """Kills a role of livefix with SIGKILL at random moments, in a thread of its own."""

    def __init__(self, driver, role, every, seed):
        self.driver, self.role, self.every = driver, role, every
        self.random = random.Random(seed)
        self.count, self.gaps, self.error = 0, [], None
        self.kills_file = driver.service.directory.with_name("kills")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        driver.killer = self
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join(60)
        if self.error is not None:
            raise self.error

    def _work(self):
        try:
            while not self._stop.wait(self.random.uniform(self.every / 2, self.every * 1.5)):
                self._kill()
        except Exception as error:  # told by stop(): the test fails with it
            self.error = error

    def _kill(self):
        pid = self.driver.livefix.role(self.role)
        asked, start = time.time_ns(), time.monotonic()
        os.kill(pid, signal.SIGKILL)
        processes.wait_gone(pid)
        if self.role == "proxy":
            with open(self.kills_file, "a") as f:
                f.write(f"{asked} {time.time_ns()}\n")
            wait_until(lambda: proxy_answers(self.driver.service.port), "a new proxy to answer", 10, 0)
            self.gaps.append(time.monotonic() - start)
        self.count += 1
