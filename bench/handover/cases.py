"""What is compared: programs, and how each tool runs them."""

import dataclasses
import os
import pathlib

import peers

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIVEFIX = os.environ.get("LIVEFIX_BIN", str(ROOT / "build/release/livefix"))
SOURCES = {"node": "server.js", "go": "main.go", "uvicorn": "app.py", "gunicorn": "app.py"}


@dataclasses.dataclass(frozen=True)
class Case:
    program: str  # a folder of programs/
    name: str  # the tool
    command: tuple  # {port} and {dir} are filled in
    note: str = ""  # how it is run, for the table
    own: bool = False  # the program by itself
    after_save: tuple = ()  # a command that has to follow the save; "HUP": the signal to the tool
    end: tuple = ()  # a command that ends what the tool left in the background

    @property
    def source(self):
        return SOURCES[self.program]


def all_cases():
    uvicorn = ("/usr/bin/uvicorn", "--port", "{port}", "--log-level", "warning", "app:app")
    gunicorn = ("/usr/bin/gunicorn", "--workers", "2", "--bind", "127.0.0.1:{port}",
                "--log-level", "warning", "app:app")
    livefix = (LIVEFIX, "--json")
    pm2 = (peers.NODE_BIN + "/pm2",)
    return [
        Case("node", "own start", ("node", "server.js"), "node server.js", own=True),
        Case("node", "livefix", (*livefix, "node", "server.js"), "livefix node server.js"),
        Case("node", "nodemon", (peers.NODE_BIN + "/nodemon", "--quiet", "server.js"), "nodemon server.js"),
        Case("node", "node --watch", ("node", "--watch", "server.js"), "node --watch server.js"),
        Case("node", "pm2 reload", (*pm2, "start", "server.js", "--name", "bench", "-i", "1", "--silent"),
             "cluster of 1; save, then pm2 reload",
             after_save=(*pm2, "reload", "bench", "--silent"), end=(*pm2, "kill", "--silent")),

        Case("go", "own start", ("sh", "-c", "go build -o ./bench . && exec ./bench"),
             "go build, then run", own=True),
        Case("go", "livefix", (*livefix, "main.go"), "livefix main.go"),
        Case("go", "air", (peers.AIR, "--build.bin", "./tmp/main", "--build.cmd", "go build -o ./tmp/main .",
                           "--build.delay", "50"), "air, build.delay 50 ms"),

        Case("uvicorn", "own start", uvicorn, "uvicorn app:app", own=True),
        Case("uvicorn", "livefix", (*livefix, *uvicorn), "livefix uvicorn app:app"),
        Case("uvicorn", "uvicorn --reload", (*uvicorn[:-1], "--reload", "app:app"),
             "uvicorn --reload app:app"),

        Case("gunicorn", "own start", gunicorn, "gunicorn -w 2 app:app", own=True),
        Case("gunicorn", "livefix", (*livefix, *gunicorn), "livefix gunicorn -w 2 app:app"),
        Case("gunicorn", "gunicorn HUP", gunicorn, "save, then kill -HUP", after_save=("HUP",)),
    ]
