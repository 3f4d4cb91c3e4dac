"""A stack as seen from another program: started for a test, or found running."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from ops import embedded
from ops.processes import LOOPBACK, how_it_ended, spawn

BASE_DIR = Path(__file__).resolve().parent.parent
LOCK_NAME = "lock"
TOLD = ("DATABASE_URL", "REDIS_URL", "SPEECH_URL", "SECRET_KEY", "WEBHOOKS_ALLOW_PRIVATE", "PORT")


class StackError(Exception):
    """The stack did not do what was waited for."""


class Stack:
    """`with Stack(var_dir=..., port=0) as stack:` runs a whole stack for as long as the block lasts.

    Enter it from the main thread: the stack ends with the thread that started it. It has stores of its own unless
    `env` names others. Without `var_dir` it lives in a temporary directory, and nothing of it is left.
    """

    def __init__(
        self,
        *,
        var_dir: Path | None = None,
        port: int = 0,
        quiet: bool = True,
        start_within: float = 240.0,
        env: Mapping[str, str] | None = None,
        command: Sequence[str] = (sys.executable, "-m", "ops.supervisor"),
    ) -> None:
        self._is_temporary = var_dir is None
        self.var_dir = (var_dir or _temporary_directory()).resolve()
        self._port = port
        self._quiet = quiet
        self._start_within = start_within
        # Set but empty, so that an .env file does not fill them in.
        self._given_env = {**os.environ, "DATABASE_URL": "", "REDIS_URL": ""} if env is None else env
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def running(cls, var_dir: Path) -> Stack | None:
        """The stack that runs on this directory and is ready, if one is."""
        stack = cls(var_dir=var_dir)
        return stack if stack._is_locked() and embedded.read(stack.var_dir).get("STATE") == "ready" else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if self._is_temporary:
            self.remove_data()
            shutil.rmtree(self.var_dir, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.told()['PORT']}"

    @property
    def env(self) -> dict[str, str]:
        """The environment for a program that shall work on this stack, such as `manage.py`."""
        told = self.told()
        return {**os.environ, **{name: told[name] for name in TOLD if name in told}, "VAR_DIR": str(self.var_dir)}

    def told(self) -> dict[str, str]:
        """What the supervisor has written down."""
        return embedded.read(self.var_dir)

    def pid(self, name: str) -> int | None:
        """The process of that name ("worker1", "gateway", "supervisor", ...), or None while there is none."""
        if name == "supervisor":
            return int(self.told().get("PID") or 0) or None
        try:
            return int((self.var_dir / "run" / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return None

    def kill(self, name: str) -> int:
        """Kill a process as hard as can be; gives its number."""
        pid = self.pid(name)
        if pid is None:
            raise StackError(f"{name} is not running")
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_for_successor(self, name: str, *, of: int, within: float = 90.0) -> int:
        """Wait until another process than `of` is there under that name and ready."""
        self._wait(lambda: self.pid(name) not in (None, of) and self._is_ready(name), f"{name} is back", within)
        return self.pid(name) or 0

    def wait_until_ready(self, name: str, *, within: float = 90.0) -> None:
        """Wait until the process of that name is there and says that it is ready."""
        self._wait(lambda: self.pid(name) is not None and self._is_ready(name), f"{name} is ready", within)

    def start(self) -> None:
        """Start it and wait until it is ready. Raises StackError with what it printed."""
        self.var_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
        arguments = ["--var", str(self.var_dir), "--port", str(self._port), *(["--quiet"] if self._quiet else [])]
        output = self.var_dir / "supervisor.out"
        with output.open("wb") as file:
            self._process = spawn(
                [*self._command, *arguments],
                env=self._given_env,
                cwd=BASE_DIR,
                output=file if self._quiet else None,
                death_signal=signal.SIGTERM,
            )
        try:
            self._wait(self._is_up, "the stack is ready", self._start_within)
        except BaseException:
            self.stop()
            if self._is_temporary:
                print(f"The logs are kept in {self.var_dir / 'log'}.", file=sys.stderr)
            if self._quiet and (printed := output.read_text(errors="replace")):
                print(printed, file=sys.stderr)
            raise

    def stop(self) -> int:
        """End it, if it was started here; gives its exit code."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def remove_data(self) -> None:
        """Delete the database of a stopped stack, wherever it lies, and keep the logs."""
        database = self.var_dir / "postgres"
        # As root it may lie where PostgreSQL's account can reach it, with a link to it here.
        shutil.rmtree(database.resolve(), ignore_errors=True)
        if database.is_symlink():
            database.unlink()

    def _is_up(self) -> bool:
        process = self._process
        if process is not None and process.poll() is not None:
            raise StackError(f"The stack ended at its start ({how_it_ended(process.returncode)}).")
        told = self.told()
        return process is not None and told.get("PID") == str(process.pid) and told.get("STATE") == "ready"

    def _is_ready(self, name: str) -> bool:
        return (self.var_dir / "run" / f"{name}.ready").exists()

    def _is_locked(self) -> bool:
        try:
            lock = os.open(self.var_dir / LOCK_NAME, os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def _wait(self, condition: Callable[[], bool], what: str, within: float) -> None:
        deadline = time.monotonic() + within
        while not condition():
            if time.monotonic() > deadline:
                raise StackError(f"Waited {within:.0f} s in vain until {what}.")
            time.sleep(0.05)


def _temporary_directory() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="vaniagent stack "))
    directory.chmod(0o711)  # PostgreSQL's account passes through; what lies inside has closed doors of its own
    return directory
