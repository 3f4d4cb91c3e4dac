"""A program beside the bench: it is asked in lines of JSON, and answers each in one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]


class ChildError(Exception):
    """The program ended, or could not do what it was asked."""


class Child:
    """`with Child("ops.load.receivers", env=...) as child: child.ask("count")`. It ends with the block."""

    def __init__(self, module: str, *, env: Mapping[str, str]) -> None:
        self._module = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def ask(self, what: str, **arguments: Any) -> Any:
        """What it answers. Raises ChildError."""
        self.tell(what, **arguments)
        return self.answer()

    def tell(self, what: str, **arguments: Any) -> None:
        """Ask, and fetch the `answer` later."""
        if self._process.stdin is None:
            raise ChildError(self._module)
        self._process.stdin.write(json.dumps([what, arguments]) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise ChildError(f"{self._module} ended")
        return json.loads(line)


def serve(answers: Mapping[str, Callable[..., Any]]) -> None:
    """Answer what is asked on standard input until it is closed."""
    for line in sys.stdin:
        what, arguments = json.loads(line)
        sys.stdout.write(json.dumps(answers[what](**arguments)) + "\n")
        sys.stdout.flush()
