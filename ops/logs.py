"""What the processes print: to the terminal with a prefix and a colour each, and to files that do not grow for ever."""

from __future__ import annotations

import logging
import os
import select
import sys
from collections import deque
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

OURS = "vaniagent"
FILE_BYTES = 10_000_000
OLD_FILES = 3
LAST_LINES = 20
COLOURS = ("36", "33", "35", "32", "34", "96", "93", "95", "92", "94")


class Logs:
    """The terminal and the log files of one stack."""

    def __init__(self, directory: Path, *, quiet: bool = False, terminal: TextIO | None = None) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory = directory
        self.quiet = quiet
        self._terminal: TextIO | None = terminal or sys.stdout
        self._coloured = self._terminal.isatty() and "NO_COLOR" not in os.environ
        self._files: dict[str, RotatingFileHandler] = {}
        self._last: dict[str, deque[str]] = {}
        self._colours: dict[str, str] = {}
        self._dropped = 0

    def line(self, name: str, text: str) -> None:
        """One line that a process printed."""
        self._keep(name, text)
        if self.quiet:
            return
        if not self._can_write_now():
            # A paused terminal must not stop the stack, which it would once the pipes are full.
            self._dropped += 1
            return
        if self._dropped:
            self._print(OURS, f"{self._dropped} lines were not shown; they are in {self.directory}")
            self._dropped = 0
        self._print(name, text)

    def say(self, text: str) -> None:
        """A line of the supervisor's own."""
        self._keep("supervisor", _timed(text))
        if not self.quiet:
            self._print(OURS, text)

    def fail(self, text: str) -> None:
        """A line that is shown even when we are quiet."""
        self._keep("supervisor", _timed(text))
        self._print(OURS, text)

    def say_once(self, text: str) -> None:
        """A line for the terminal alone: it holds a secret."""
        if not self.quiet:
            self._print(OURS, text)

    def last_lines(self, name: str) -> list[str]:
        return list(self._last.get(name, ()))

    def close(self) -> None:
        for handler in self._files.values():
            handler.close()

    def _keep(self, name: str, text: str) -> None:
        if name not in self._files:
            path = self.directory / f"{name}.log"
            handler = RotatingFileHandler(path, maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8")
            self._files[name] = handler
            self._last[name] = deque(maxlen=LAST_LINES)
        self._last[name].append(text)
        self._files[name].emit(logging.makeLogRecord({"msg": text}))

    def _can_write_now(self) -> bool:
        if self._terminal is None:
            return False
        try:
            return bool(select.select([], [self._terminal], [], 0)[1])
        except (OSError, ValueError):
            return True  # something without a file descriptor, which never blocks

    def _print(self, name: str, text: str) -> None:
        if self._terminal is None:
            return
        label = f"{name:<10} |"
        if self._coloured:
            colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
            label = f"\x1b[{colour}m{label}\x1b[0m"
        try:
            print(label, text, file=self._terminal, flush=True)
        except (OSError, ValueError):
            self._terminal = None  # closed: the log files go on


def _timed(text: str) -> str:
    """As the other processes' lines begin, so that one can be laid beside the other."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ} {text}"
