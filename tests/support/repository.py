"""A working tree whose commits are pushed to a `livefix serve`."""

import os
import pathlib
import subprocess

from .livefix import clean_environment


def environment():
    """Git of its own: nobody's configuration, always the same author."""
    return {**clean_environment(), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Anna", "GIT_AUTHOR_EMAIL": "anna@example.com",
            "GIT_COMMITTER_NAME": "Anna", "GIT_COMMITTER_EMAIL": "anna@example.com",
            "GIT_TERMINAL_PROMPT": "0", "USER": "anna"}


class Repository:
    """`write` files, `commit` them, `push` them; the remote is called live."""

    def __init__(self, directory, live):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "live", str(live))

    def git(self, *arguments, check=True, timeout=60):
        done = subprocess.run(["git", *arguments], cwd=self.directory, env=environment(),
                              capture_output=True, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
        return done

    def write(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, message="change"):
        """The id of a commit of everything that is there."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.head()

    def head(self):
        return self.git("rev-parse", "HEAD").stdout.strip()

    def push(self, *arguments, timeout=60):
        """What `git push` came to: its exit status, and in stderr what it said."""
        return self.git("push", *(arguments or ("live", "main")), check=False, timeout=timeout)

    def begin_push(self):
        """A push in the background, of which somebody else sees the end; a process group."""
        return subprocess.Popen(["git", "push", "live", "main"], cwd=self.directory,
                                env=environment(), stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, process_group=0)

    def live(self, branch="main"):
        """Where the branch is on the server; empty: nowhere."""
        line = self.git("ls-remote", "live", f"refs/heads/{branch}").stdout
        return line.split()[0] if line else ""
