"""A stack of dummies in a directory with a space, and a way to look at what it leaves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ops import embedded
from ops.processes import dies_with_us

BASE_DIR = Path(__file__).resolve().parents[2]
DUMMIES = (sys.executable, "-m", "ops.tests.dummies")


def wait_until(condition: Callable[[], object], *, within: float = 20.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


class DummyStack:
    """The real supervisor over dummies, in a process of its own."""

    def __init__(self, var_dir: Path, *options: str, port: int = 0, env: dict[str, str] | None = None) -> None:
        self.var_dir = var_dir
        self.process = subprocess.Popen(
            [*DUMMIES, "--var", str(var_dir), "--port", str(port), *options],
            cwd=BASE_DIR,
            env={**os.environ, "DATABASE_URL": "", "REDIS_URL": "", **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=dies_with_us(signal.SIGTERM),
        )

    @property
    def state(self) -> str:
        """What this very supervisor has written down."""
        told = embedded.read(self.var_dir)
        return told.get("STATE", "") if told.get("PID") == str(self.process.pid) else ""

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.state == "ready" or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.stdout and self.process.stdout.read()

    def pid(self, name: str) -> int | None:
        try:
            return int((self.var_dir / "run" / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return None

    def descendants(self) -> list[psutil.Process]:
        found: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return found

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Signal it; gives its exit code and all that it printed."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        output, _ = self.process.communicate(timeout=20)
        return self.process.returncode, output

    def log(self, name: str) -> str:
        return (self.var_dir / "log" / f"{name}.log").read_text()

    def remove_stores(self) -> None:
        place = self.var_dir / "postgres"
        if place.is_symlink() and place.exists():  # pytest's directories are closed to PostgreSQL's account
            shutil.rmtree(place.resolve())


def is_left(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def var_dir(tmp_path: Path) -> Path:
    """A var directory with a space in its path."""
    return tmp_path / "a var"


@pytest.fixture
def start(var_dir: Path) -> Iterator[Callable[..., DummyStack]]:
    """Starts stacks of dummies, and sees that they end."""
    stacks: list[DummyStack] = []

    def start_one(*options: str, port: int = 0, env: dict[str, str] | None = None, at: Path = var_dir) -> DummyStack:
        stacks.append(DummyStack(at, *options, port=port, env=env))
        return stacks[-1]

    yield start_one
    for stack in stacks:
        if stack.process.poll() is None:
            stack.end()
    for stack in stacks:
        stack.remove_stores()
