"""The page that a test shares with faults.c, and the library made of that."""

import ctypes
import mmap
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).with_name("faults.c")
OFF, COUNT, KILL_CONTROL, KILL_LIVEFIX, KILL_GIT, FAIL_SYNC, KILL_CHILD = range(7)
MOST_NAMES = 4000


class Plan(ctypes.Structure):  # struct plan of faults.c
    _fields_ = [(name, ctypes.c_int) for name in ("mode", "at", "count", "hits", "control", "keeper", "steps", "child", "killed")] \
        + [("where", ctypes.c_char * 96), ("names", ctypes.c_char * 96 * MOST_NAMES)]


class Faults:
    """Made once for a livefix and those that come after it."""

    def __init__(self, directory):
        self.library = pathlib.Path(directory) / "faults.so"
        subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", self.library,
                        SOURCE], check=True)
        self._path = pathlib.Path(f"{self.library}.plan")
        self._path.write_bytes(b"\0" * ctypes.sizeof(Plan))
        with open(self._path, "r+b") as file:
            self._plan = Plan.from_buffer(mmap.mmap(file.fileno(), 0))

    @property
    def environment(self):
        return {"LD_PRELOAD": str(self.library), "LIVEFIX_FAULTS": str(self._path)}

    def arm(self, mode, at=0, *, steps=False, child=0, where=""):
        """With `steps` events of the ledger are counted in the place of calls. `child` (a process id), or else who
        works in a directory whose path has `where` in it, is who dies by KILL_CHILD."""
        self._plan.mode = OFF
        self._plan.at, self._plan.count, self._plan.hits, self._plan.killed = at, 0, 0, 0
        self._plan.steps, self._plan.child, self._plan.where = steps, child, where.encode()
        self._plan.mode = mode

    def disarm(self):
        """How many calls there were, or up to the hit."""
        self._plan.mode = OFF
        return self._plan.count

    @property
    def control(self):
        """Process id of the newest one."""
        return self._plan.control

    @property
    def hit(self):
        return self._plan.hits > 0

    @property
    def killed(self):
        """How many there were for KILL_CHILD to kill."""
        return self._plan.killed

    def name(self, at):
        """Of a call, from 1: "git rename refs/heads/main"; of a step: "before phase shifting"."""
        return bytes(self._plan.names[at - 1]).split(b"\0")[0].decode(errors="replace").strip()
