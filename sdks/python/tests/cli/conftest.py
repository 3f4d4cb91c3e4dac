"""The program as people run it: a process, with a configuration of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

import pytest

PATIENCE = 90.0


@pytest.fixture(autouse=True, scope="session")
def interrupts_are_heard() -> None:
    """What a shell runs in the background ignores Ctrl-C, and so do the programs that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Program:
    """`vaniagent`, with the key in the environment unless it is told otherwise."""

    def __init__(self, environment: Mapping[str, str], config: Path) -> None:
        self.config = config
        self.environment = {**environment, "XDG_CONFIG_HOME": str(config)}

    def run(self, *arguments: str, stdin: str = "", **changes: Optional[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*arguments),
            input=stdin,
            env=self.changed(changes),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def json(self, *arguments: str, **changes: Optional[str]) -> Any:
        """What it prints with --json. It must have gone well."""
        done = self.run(*arguments, "--json", **changes)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, *arguments: str, **changes: Optional[str]) -> Running:
        process = subprocess.Popen(
            self.argv(*arguments),
            env=self.changed(changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return Running(process)

    def argv(self, *arguments: str) -> List[str]:
        return [sys.executable, "-m", "vaniagent.cli", *arguments]

    def changed(self, changes: Mapping[str, Optional[str]]) -> Dict[str, str]:
        wanted = {**self.environment, **changes}
        return {name: value for name, value in wanted.items() if value is not None}


class Running:
    """One that goes on."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def line(self) -> str:
        """The next line of its output; empty at the end."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def line_with(self, words: str) -> str:
        while True:
            line = self.line()
            if words in line:
                return line
            assert line, f"it ended without {words!r}: {self.end()}"

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self) -> Tuple[int, str]:
        """Its exit code, and what it complained of."""
        _, complaint = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, complaint.strip()


class Hook:
    """A program that webhooks are passed on to. It answers what `answers` says, one after another, then 200."""

    def __init__(self) -> None:
        self.received: List[Tuple[bytes, Dict[str, str]]] = []
        self.answers: List[int] = []
        # What happens in the world before the next answer.
        self.meanwhile: List[Callable[[], None]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.received.append((body, dict(self.headers)))
                if hook.meanwhile:
                    hook.meanwhile.pop(0)()
                self.send_response(hook.answers.pop(0) if hook.answers else 200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def nowhere(tmp_path: Path) -> Program:
    """Without a server: nothing listens there."""
    here = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "VANIAGENT_BASE_URL": "http://127.0.0.1:9/v1"}
    return Program(here, tmp_path / "config")


@pytest.fixture
def program(place: Any, tmp_path: Path) -> Program:
    return Program(place.environment, tmp_path / "config")


@pytest.fixture
def hook() -> Iterator[Hook]:
    started = Hook()
    yield started
    started.server.shutdown()
    started.server.server_close()
