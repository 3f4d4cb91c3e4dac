# SPDX-License-Identifier: GPL-3.0-or-later
"""A few threads, and an order in which they serve: what somebody waits for goes before what is made ahead."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")


class Urgency(IntEnum):
    """Lower goes first."""

    FIRST_PIECE = 0
    LATER_PIECE = 1
    AHEAD = 2


class Pool:
    """Runs blocking work on `workers` threads, the most urgent first, among equals the oldest."""

    def __init__(self, *, workers: int) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="voice")
        self._waiting: asyncio.PriorityQueue[tuple[Urgency, int, asyncio.Future[None]]] = asyncio.PriorityQueue()
        self._free = workers
        self._numbers = itertools.count()

    async def run(self, work: Callable[[], T], *, urgency: Urgency) -> T:
        """The result of `work`. Cancelled while it waits, it never starts; a thread at work finishes its piece."""
        await self._take_turn(urgency)
        job = asyncio.get_running_loop().run_in_executor(self._executor, work)
        # The thread is free when the work is done, which a cancelled caller does not wait for.
        job.add_done_callback(self._finished)
        return await asyncio.shield(job)

    def _finished(self, job: asyncio.Future[T]) -> None:
        if not job.cancelled():
            job.exception()  # A caller that left will not ask, and asyncio would complain about that.
        self._pass_turn()

    async def _take_turn(self, urgency: Urgency) -> None:
        if self._free > 0:
            self._free -= 1
            return

        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((urgency, next(self._numbers), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_turn()
            raise

    def _pass_turn(self) -> None:
        while not self._waiting.empty():
            _, _, turn = self._waiting.get_nowait()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
