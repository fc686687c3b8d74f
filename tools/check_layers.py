#!/usr/bin/env python3
"""Holds the sources to the layers: who may include whom, how long a file may be, words to keep out,
names that nobody uses.

    tools/check_layers.py              checks the repository
    tools/check_layers.py --self-test  checks this check
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

# Folder of src/ -> folders that it may include, besides itself. The architecture in short.
BASIS = {"model", "http", "os", "base"}
MECHANISMS = {"keeper", "proxy", "watch", "releases", "ledger", "hotswap", "observe", "rollout"}
ALLOWED = {
    "base": set(),
    "model": {"base"},
    "os": {"base"},
    "http": {"os", "base"},
    "rollout": {"model", "base"},
    **dict.fromkeys(["keeper", "proxy", "watch", "releases", "ledger", "hotswap", "observe"], BASIS),
    **dict.fromkeys(["control", "fleet"], BASIS | MECHANISMS),
    "cli": {"model", "os", "base"},
}
ALLOWED["main.cc"] = set(ALLOWED)  # it builds the parts and puts them together

MAX_LINES = 600

# Put together from halves, so that this file passes its own check.
WORDS = ["".join(halves) for halves in [
    ("registry.", "npmjs"), ("pypi", ".org"), ("python", "hosted.org"), ("deb.", "debian.org"),
    ("proxy.", "golang"), ("sum.", "golang"), ("/wo", "rk/")]]

# What brings a name into a file: using std::vector; and namespace json = boost::json;
NAMING = re.compile(r"^\s*(?:using (?:\w*::)+(\w+);|namespace (\w+) = )")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]*)"')


def included_layers(root):
    """Sources that include what their folder may not."""
    for path in sources(root):
        parts = path.relative_to(root / "src").parts
        owner = parts[0]  # a folder, or main.cc
        name = path.relative_to(root)
        if owner not in ALLOWED:
            yield f"{name}:1: src/{owner} is in no layer: name it in tools/check_layers.py"
            continue
        for number, line in enumerate(lines(path), 1):
            include = INCLUDE.match(line)
            if not include:
                continue
            folder, *rest = pathlib.PurePosixPath(os.path.normpath(include[1])).parts
            if not rest or folder == ".." or not (root / "src" / folder).is_dir():
                yield f'{name}:{number}: "{include[1]}" is no path in src: write "folder/file.h"'
            elif folder != owner and folder not in ALLOWED[owner]:
                allowed = ", ".join(sorted(ALLOWED[owner])) or "no other folder"
                yield f"{name}:{number}: {owner} must not include {folder}; it may include {allowed}"


def long_files(root):
    for path in sources(root):
        count = len(lines(path))
        if count > MAX_LINES:
            yield (f"{path.relative_to(root)}:{count}: longer than {MAX_LINES} lines: "
                   "it holds more than one idea, split it")


def unused_names(root):
    """clang-tidy has checks for these, which look at the main file alone; it reads several at once here."""
    for path in sources(root):
        if path.suffix != ".cc":
            continue
        text = re.sub(r"^#include.*", "", path.read_text(errors="replace"), flags=re.M)
        for number, line in enumerate(text.splitlines(), 1):
            naming = NAMING.match(line)
            name = naming and (naming[1] or naming[2])
            # Not in <vector> or std::vector.
            if name and not re.search(rf"(?<![\w:/]){name}\b", text.replace(line, "", 1)):
                yield f"{path.relative_to(root)}:{number}: {name} is not used"


def unwanted_words(root):
    """Hosts and paths of one machine have no place in a committed file."""
    for name in committed_files(root):
        path = root / name
        if not path.is_file():  # deleted but not committed, or a link to nowhere
            continue
        for number, line in enumerate(lines(path), 1):
            for word in WORDS:
                if word in line:
                    yield f'{name}:{number}: "{word}" must not appear in the repository'


def sources(root):
    return sorted(p for p in (root / "src").rglob("*") if p.suffix in {".h", ".cc"})


def lines(path):
    return path.read_text(errors="replace").splitlines()


def committed_files(root):
    done = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name]


CHECKS = [included_layers, long_files, unused_names, unwanted_words]


def problems(root):
    return [problem for check in CHECKS for problem in check(root)]


def self_test():
    """Each rule once kept and once broken, in a repository made for it. Returns what went wrong."""
    good = {
        "src/base/result.h": "#include <string>\n",
        "src/os/fd.h": '#include "base/result.h"\n',
        "src/keeper/keeper.cc": '#include <vector>\n#include "keeper/keeper.h"\n#include "os/fd.h"\n',
        "src/keeper/keeper.h": "x\n" * MAX_LINES,
        "src/proxy/proxy.h": "",
        "src/control/control.h": '#include "proxy/proxy.h"\n',
        "src/os/fd.cc": "using std::vector;\nnamespace json = boost::json;\nvector<json::value> v;\n",
        "src/main.cc": '#include "keeper/keeper.h"\n#include "control/control.h"\n',
        "README.md": "worker\n",
    }
    bad = [
        ({"src/base/a.h": '#include "os/fd.h"\n'}, "src/base/a.h:1: base must not include os"),
        ({"src/keeper/a.cc": '\n#  include "proxy/proxy.h"\n'}, "src/keeper/a.cc:2: keeper must not include proxy"),
        ({"src/proxy/a.cc": '#include "control/control.h"\n'}, "src/proxy/a.cc:1: proxy must not include control"),
        ({"src/os/a.cc": '#include "fd.h"\n'}, 'src/os/a.cc:1: "fd.h" is no path in src'),
        ({"src/os/a.cc": '#include "../keeper/keeper.h"\n'}, 'src/os/a.cc:1: "../keeper/keeper.h" is no path'),
        ({"src/os/a.cc": '#include "os/../keeper/keeper.h"\n'}, "src/os/a.cc:1: os must not include keeper"),
        ({"src/new/a.h": ""}, "src/new/a.h:1: src/new is in no layer"),
        ({"src/os/a.cc": "x\n" * (MAX_LINES + 1)}, f"src/os/a.cc:{MAX_LINES + 1}: longer than"),
        ({"src/os/a.cc": "#include <vector>\nusing std::vector;\nstd::vector v;\n"}, "src/os/a.cc:2: vector is not used"),
        ({"src/os/a.cc": "namespace json = boost::json;\n"}, "src/os/a.cc:1: json is not used"),
        *(({"docs/a.md": f"\nsee {word}\n"}, f'docs/a.md:2: "{word}" must not appear') for word in WORDS),
    ]
    wrong = []
    for extra, expected in [({}, None), *bad]:
        found = problems_of({**good, **extra})
        kept = not found if expected is None else len(found) == 1 and found[0].startswith(expected)
        if not kept:
            wrong.append(f"expected {expected}, found {found}")
    return len(bad) + 1, wrong


def problems_of(files):
    with tempfile.TemporaryDirectory(prefix="check-layers-") as directory:
        root = pathlib.Path(directory)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
        subprocess.run(["git", "add", "--all"], cwd=root, check=True)
        return problems(root)


def main():
    if sys.argv[1:] not in ([], ["--self-test"]):
        sys.exit(__doc__)
    if sys.argv[1:]:
        count, wrong = self_test()
        what = f"{count - len(wrong)} passed, {len(wrong)} failed"
    else:
        wrong = problems(pathlib.Path(__file__).resolve().parents[1])
        what = f"{len(wrong)} problems" if wrong else "no problem"
    for line in wrong:
        print(line)
    print(f"check_layers: {what}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
