"""The leg holder: keeps time for one process's legs, and carries what they and their conversations tell each other.

The gateway is one, and so is a web process that keeps sockets. It knows no framework: the bus, the database, the kinds
of legs and the speech come from outside. A leg lives here whatever becomes of the worker that drives its conversation.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

from calls import bus
from calls.telephony.apology import Apologies, Synthesizer
from calls.telephony.base import LegFactory, LegKind
from calls.telephony.pacing import Lateness, Pacer
from calls.telephony.recording import Recorder
from calls.telephony.store import LegStore, StoreAway
from calls.telephony.switchboard import MEDIA_LOST, Switchboard
from calls.telephony.witness import GRACE_SECONDS, LATE_SECONDS, Witness

logger = logging.getLogger(__name__)

BEAT_SECONDS: Final = 1.0
# A publish that takes longer holds up what comes after it; one that takes much longer means that the bus is away.
SLOW_PUBLISH_SECONDS: Final = 0.1
STUCK_PUBLISH_SECONDS: Final = 0.5
# After a fault of the holder's own.
RECOVER_SECONDS: Final = 0.1
# At a stop: what the last legs may take to end and be stored, and what their workers have to complete the calls.
STOP_SECONDS: Final = 4.0
LAST_WORDS_SECONDS: Final = 0.4


class Wire(Protocol):
    """The audio bus, as far as a holder needs it (bus.Bus is one)."""

    away_since: float | None

    def send(self, to: str, item: bus.Item) -> None: ...

    async def flush(self) -> dict[str, int]: ...

    def receive(self) -> AsyncIterator[tuple[str, list[bus.Item]]]: ...


class Relaying(Protocol):
    """Lines that one process has for another's calls, on either side."""

    @property
    def live(self) -> int:
        """Those that this process has, beside its own legs."""

    def take(self, sender: str, item: bus.ToLine | bus.FromLine) -> None: ...

    async def emptied(self) -> None:
        """Wait until it has none."""


class Holder:
    """One per process and event loop."""

    def __init__(
        self,
        *,
        wire: Wire,
        store: LegStore,
        kinds: Mapping[LegKind, LegFactory],
        recorder: Recorder,
        synthesizer: Synthesizer | None,
        most_legs: int,
        from_carrier: Callable[[str, bus.FromCarrier], None] | None = None,
        relay: Relaying | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._wire = wire
        self._store = store
        self._most_legs = most_legs
        self._from_carrier = from_carrier
        self._relay = relay
        self._clock = clock
        self._wall = wall
        self._witness = Witness()
        self._pacer = Pacer(now=clock())
        self._switchboard = Switchboard(
            store=store,
            kinds=kinds,
            recorder=recorder,
            apologies=Apologies(synthesizer),
            witness=self._witness,
            send=wire.send,
            spawn=self._spawn,
            clock=clock,
            wall=wall,
        )
        # Set when the database knows that this holder is there.
        self.is_known = asyncio.Event()
        self._work: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None
        self._ticked = asyncio.Event()
        self._publishing_since: float | None = None
        self._stopping = asyncio.Event()
        self._drain_seconds = 0.0

    @property
    def live(self) -> int:
        """Legs that have not ended."""
        return self._switchboard.live

    @property
    def lateness(self) -> Lateness:
        return self._pacer.lateness

    async def run(self) -> None:
        """Hold legs until `stop` is called and the last has ended and is stored."""
        async with self.at_work() as group:
            loops = [
                group.create_task(_for_ever(loop))
                for loop in (self._keep_time, self._receive, self._publish, self._say_it_lives)
            ]
            await self._stopping.wait()
            await self._wind_down()
            for loop in loops:
                loop.cancel()
        try:
            await self._store.leave()
        except StoreAway:
            logger.warning("the database is away; the holder leaves without a word")

    def stop(self, *, drain_seconds: float = 0.0) -> None:
        """Take no new legs, give those there are some time, and end the rest as `media_lost`. Returns at once."""
        self._switchboard.is_draining = True
        self._drain_seconds = drain_seconds
        self._stopping.set()

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[asyncio.TaskGroup]:
        """What the legs' own work runs in; what is left of it at the end is cancelled. `run` does this itself."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                yield group
            finally:
                self._group = None
                for task in self._work:
                    task.cancel()

    def tick(self, now: float) -> None:
        """Let the time up to `now` pass."""
        due = self._pacer.due(now)
        if not due.frames:
            return

        pending = 0.0 if self._publishing_since is None else now - self._publishing_since
        if self._wire.away_since is not None or pending >= STUCK_PUBLISH_SECONDS:
            self._witness.bus_is_away(now=now)
        self._switchboard.tick(
            due,
            now=now,
            is_bus_free=pending < SLOW_PUBLISH_SECONDS,
            may_judge=not self._pacer.was_late(by=LATE_SECONDS, since=now - GRACE_SECONDS),
        )
        self._ticked.set()

    def take(self, sender: str, items: list[bus.Item]) -> None:
        """Obey a batch from the bus."""
        for_legs = []
        for item in items:
            if isinstance(item, bus.FromCarrier):
                if self._from_carrier is not None:
                    self._from_carrier(sender, item)
            elif isinstance(item, bus.ToLine | bus.FromLine):
                if self._relay is not None:
                    self._relay.take(sender, item)
            else:
                for_legs.append(item)
        self._switchboard.take(sender, for_legs)

    async def publish(self) -> None:
        """Send what the legs have for their workers, and learn who is there."""
        self._publishing_since = self._clock()
        try:
            receivers = await self._wire.flush()
        except bus.BusAway:
            self._witness.bus_is_away(now=self._clock())
        else:
            if self._wire.away_since is None:
                self._witness.published(receivers, now=self._clock())
        finally:
            self._publishing_since = None

    async def beat(self) -> None:
        """Tell the database that this holder lives, and end what was ended there. Raises StoreAway."""
        over = await self._store.beat(
            at=self._wall(),
            live=self._switchboard.live_calls(),
            relayed=self._relay.live if self._relay is not None else 0,
            most=self._most_legs,
            is_draining=self._switchboard.is_draining,
        )
        self.is_known.set()
        self._switchboard.end_those(over)

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(max(0.0, self._pacer.next_at - self._clock()))
            self.tick(self._clock())

    async def _receive(self) -> None:
        async for sender, items in self._wire.receive():
            try:
                self.take(sender, items)
            except Exception:
                logger.exception("a batch of the bus could not be obeyed")

    async def _publish(self) -> None:
        while True:
            await self._ticked.wait()
            self._ticked.clear()
            await self.publish()
            if self._witness.away_since is not None:
                await asyncio.sleep(bus.RECONNECT_SECONDS)

    async def _say_it_lives(self) -> None:
        while True:
            began = self._clock()
            try:
                await self.beat()
            except StoreAway:
                logger.warning("the database is away; the holder cannot say that it lives")
            except Exception:
                logger.exception("the holder cannot say that it lives")
            await asyncio.sleep(max(0.1, began + BEAT_SECONDS - self._clock()))

    async def _wind_down(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._drain_seconds):
                await self._switchboard.is_empty.wait()
                if self._relay is not None:
                    await self._relay.emptied()
        self._switchboard.end_all(MEDIA_LOST)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._switchboard.is_empty.wait()
                # Workers that are still there complete their calls themselves, with all that was said.
                await self._switchboard.finish_all(after=LAST_WORDS_SECONDS)

    def _spawn(self, work: Awaitable[None]) -> None:
        if self._group is None:
            raise RuntimeError("the holder is not at work")
        task = self._group.create_task(_guarded(work))
        self._work.add(task)
        task.add_done_callback(self._work.discard)


async def _for_ever(loop: Callable[[], Awaitable[None]]) -> None:
    """The legs outlive a fault in one of the holder's loops: it begins anew."""
    while True:
        try:
            await loop()
        except Exception:
            logger.exception("a loop of the leg holder failed")
        await asyncio.sleep(RECOVER_SECONDS)


async def _guarded(work: Awaitable[None]) -> None:
    """One leg's failure is not the others'."""
    try:
        await work
    except StoreAway:
        logger.warning("the database is away; a leg cannot be dialled")
    except Exception:
        logger.exception("a leg's work failed")
