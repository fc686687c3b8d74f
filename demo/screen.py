"""What the viewer sees."""

import os
import re
import sys
import threading

COLOR = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
COMMAND, QUIET, GOOD, BAD, FIGURES, STRONG = "33", "2", "1;32", "1;31", "36", "1"

_printing = threading.Lock()


class Failure(Exception):
    """Why the demo did not show what it should."""


def say(text="", style=""):
    with _printing:
        print(f"\033[{style}m{text}\033[0m" if COLOR and style else text, flush=True)


def heading(text):
    say()
    say(text, STRONG)


def command(text):
    say(f"  $ {text}", COMMAND)


def plain(text):
    return re.sub(r"\033\[[0-9;]*m", "", text)


def plural(count, noun):
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
