"""What the supervisor must know of a program: how to start it, when it is ready, and how to end it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ops.processes import LOOPBACK, Account

CHECK_TIMEOUT = 3.0
# Waiting times before each start of a program that keeps dying; the last one repeats.
BACK_OFF = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


class Readiness(Protocol):
    """Says whether a program that was just started can be used."""

    async def is_ready(self, ready_file: Path) -> bool: ...


@dataclass(frozen=True)
class ReadyFile:
    """The program touches `$VA_READY_FILE` when it is ready."""

    async def is_ready(self, ready_file: Path) -> bool:
        return os.access(ready_file, os.F_OK)


@dataclass(frozen=True)
class Answers:
    """The program answers `GET path`, with anything but a server's error.

    A redirect to https or a refused host name is the operator's choice, and comes from a server that runs.
    """

    port: int
    path: str

    async def is_ready(self, ready_file: Path) -> bool:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT):
                return 200 <= await self._status() < 500
        except (OSError, TimeoutError):
            return False

    async def _status(self) -> int:
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        try:
            writer.write(f"GET {self.path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
            words = (await reader.readline()).split()
            return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        finally:
            writer.close()


@dataclass(frozen=True)
class Check:
    """A function says it; it returns within moments."""

    function: Callable[[], bool]

    async def is_ready(self, ready_file: Path) -> bool:
        return self.function()


@dataclass(frozen=True)
class Program:
    name: str
    argv: tuple[str, ...]
    ready: Readiness
    # Programs end in rising order of this number, those of one number together.
    ends: int
    ready_within: float = 180.0
    stop_within: float = 2.0
    stop_signal: signal.Signals = signal.SIGTERM
    # What the kernel sends it when the supervisor is killed.
    death_signal: signal.Signals = signal.SIGKILL
    account: Account | None = None
    cwd: Path | None = None
    env: Mapping[str, str] | None = field(default=None, repr=False)
    # Whether the others are to be ended only after it had its full time: it holds data.
    is_store: bool = False
    back_off: tuple[float, ...] = BACK_OFF
