"""An SSH server of the test's own, and Git as its client."""

import getpass
import os
import pathlib
import shutil
import subprocess

from . import ports
from .livefix import PATIENCE, clean_environment
from .waiting import wait_until

PROGRAM = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin")
PRIVILEGES = pathlib.Path("/run/sshd")  # of root's, where its children have nothing to read

CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {place}/host
AuthorizedKeysFile {place}/authorized
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
LogLevel VERBOSE
"""


def missing():
    """Why there can be no server here; empty: there can."""
    if PROGRAM is None or shutil.which("ssh-keygen") is None:
        return "there is no sshd here: apt-get install openssh-server"
    if os.geteuid() == 0 and not PRIVILEGES.is_dir():
        try:
            PRIVILEGES.mkdir(mode=0o755)
        except OSError as error:
            return f"sshd needs {PRIVILEGES}: {error}"
    return ""


class Sshd:
    """Lets keys in as whoever runs the test. Use as a context manager."""

    def __init__(self, place):
        self.place, self.port = pathlib.Path(place) / "ssh", ports.free_port()
        self.place.mkdir()
        self._log = self.place / "log"
        (self.place / "authorized").write_text("")
        host = self._new_key("host").split()
        (self.place / "known").write_text(f"[127.0.0.1]:{self.port} {host[0]} {host[1]}\n")
        (self.place / "config").write_text(CONFIG.format(port=self.port, place=self.place))

    def __enter__(self):
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen([PROGRAM, "-D", "-e", "-f", self.place / "config"],
                                             env=clean_environment(), stdin=subprocess.DEVNULL, stderr=log)
        try:
            wait_until(lambda: ports.listening(self.port) or self._process.poll() is not None, "sshd", 20 * PATIENCE)
            assert self._process.poll() is None, self.story()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)

    def story(self):
        return self._log.read_text(errors="replace")

    def _new_key(self, name):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.place / name], check=True)
        return (self.place / f"{name}.pub").read_text().strip()

    def let_in(self, name, options=""):
        """A new key, with these options of authorized_keys(5)."""
        with open(self.place / "authorized", "a", encoding="utf-8") as authorized:
            authorized.write(f"{options}{' ' if options else ''}{self._new_key(name)}\n")

    def connect(self, repository, path, key):
        """From now on the remote `live` is that path over SSH, with that key and no other."""
        repository.git("config", "core.sshCommand", " ".join(self._client(key)))
        repository.git("remote", "set-url", "live", f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{path}")

    def on_terminal(self, command, key):
        """What runs that command there, on the terminal where this is run."""
        return [*self._client(key), "-tt", "-p", str(self.port), f"{getpass.getuser()}@127.0.0.1", command]

    def _client(self, key):
        return ["ssh", "-F", "/dev/null", "-i", str(self.place / key), "-o", "IdentitiesOnly=yes",
                "-o", "IdentityAgent=none", "-o", f"UserKnownHostsFile={self.place / 'known'}",
                "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"]
