"""What a leg holder writes down, and how it keeps at it while the database is away."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from calls.telephony.base import LegEnd, LegSpec
from calls.telephony.recording import RecordingFacts

logger = logging.getLogger(__name__)

RETRY_FIRST: Final = 0.1
RETRY_MOST: Final = 2.0
# How often a write `at_all_costs` may fail for another reason than a database that is away: for half a minute. The worker
# has been told by then, and completes the call with what it was told.
MOST_FAILURES: Final = 20


class StoreAway(Exception):
    """The database cannot be reached. The same write may succeed in a moment."""


@dataclass(frozen=True)
class PlannedLeg:
    """A leg that is ours to dial. `voice` is the agent's, as the speech provider names it; None: any."""

    spec: LegSpec
    voice: str | None
    # Nothing of it is recorded until somebody says so.
    is_off_record: bool = False


@dataclass(frozen=True)
class PlannedTransfer:
    """A second leg that is ours to dial. `refer_to`: the trunk is to be asked to do it, for this address."""

    spec: LegSpec
    is_warm: bool
    is_recorded: bool
    refer_to: str = ""


class TransferStore(Protocol):
    """What a leg holder asks and writes down of transfers. `transfer` is a public id; otherwise as LegStore."""

    async def begin_transfer(self, *, call: str, transfer: str, at: datetime) -> PlannedTransfer | None:
        """Take a planned transfer of a call whose leg this holder has. None: it is not ours to dial."""

    async def transfer_ringing(self, *, transfer: str) -> None: ...

    async def transfer_answered(self, *, transfer: str, at: datetime) -> None: ...

    async def transfer_connected(self, *, transfer: str, at: datetime) -> None:
        """The two talk with each other: from now on nobody drives the call."""

    async def transfer_ended(self, *, transfer: str, end: LegEnd, at: datetime) -> None: ...


class LegStore(TransferStore, Protocol):
    """The database as a leg holder sees it. Every method may raise StoreAway.

    `call` is a public id. All that is written holds only for legs of this holder's, so a late write harms nobody.
    """

    async def begin_dial(self, *, call: str, at: datetime) -> PlannedLeg | None:
        """Take a planned leg, or one that this holder took before. None: it is not ours to dial."""

    async def ringing(self, *, call: str) -> None: ...

    async def answered(self, *, call: str, at: datetime, recording: str, rate: int) -> None:
        """`recording` is the file's name, `rate` its Hz."""

    async def ended(self, *, call: str, end: LegEnd, at: datetime, recording: RecordingFacts | None) -> None: ...

    async def fence(self, *, call: str, token: int, at: datetime) -> int | None:
        """Take the call from the worker that holds `token`, and queue it for another. Gives the new token, or None
        where somebody else has moved it."""

    async def release(self, *, call: str, token: int, at: datetime) -> int | None:
        """The same for a worker that let go of it."""

    async def finish(self, *, call: str, at: datetime) -> None:
        """Complete the call of a leg that has ended, unless a worker has."""

    async def beat(
        self, *, at: datetime, live: Sequence[str], relayed: int, most: int, is_draining: bool
    ) -> Mapping[str, LegEnd]:
        """This holder lives, with the legs of these calls and so many lines for other holders' calls.

        Gives those of its legs that have been ended meanwhile: somebody took the leg for lost, or a wish to hang up did
        not arrive.
        """

    async def leave(self) -> None:
        """This holder ends in good order."""


class Writes:
    """One call's writes, in order. They wait for the database, and nobody waits for them."""

    def __init__(self, call: str, *, spawn: Callable[[Awaitable[None]], None]) -> None:
        self._call = call
        self._spawn = spawn
        self._queue: deque[tuple[Callable[[], Awaitable[None]], bool, asyncio.Event]] = deque()
        self._is_running = False

    def put(self, write: Callable[[], Awaitable[None]], *, at_all_costs: bool = False) -> asyncio.Event:
        """Queue a write; the event is set when it is done, or given up.

        While the database is away all are tried again. A write that fails otherwise is given up, lest it hold up the
        call's end; one `at_all_costs` only when it has failed many times, because it can never succeed then.
        """
        done = asyncio.Event()
        self._queue.append((write, at_all_costs, done))
        if not self._is_running:
            self._is_running = True
            self._spawn(self._work())
        return done

    async def _work(self) -> None:
        pause = RETRY_FIRST
        failures = 0
        while self._queue:
            write, at_all_costs, done = self._queue[0]
            try:
                await write()
            except StoreAway:
                logger.warning("the database is away; a leg's write waits", extra={"call_id": self._call})
                is_over = False
            except Exception:
                logger.exception("a leg's write failed", extra={"call_id": self._call})
                failures += 1
                is_over = not at_all_costs or failures >= MOST_FAILURES
            else:
                is_over = True

            if is_over:
                self._queue.popleft()
                done.set()
                pause = RETRY_FIRST
                failures = 0
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY_MOST)
        self._is_running = False
