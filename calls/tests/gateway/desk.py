"""A leg holder on a table: a bus, a database, people and a clock that the test moves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from calls import bus
from calls.telephony.base import FakeLeg, Leg, LegEnd, LegEvents, LegKind, LegSpec
from calls.telephony.holder import Holder
from calls.telephony.recording import Recorder, RecordingFacts
from calls.telephony.store import PlannedLeg, PlannedTransfer, StoreAway

ItemKind = TypeVar("ItemKind", bound=bus.Item)

START = datetime(2026, 1, 1, tzinfo=UTC)


def sound(value: int, frames: int = 1) -> bytes:
    """Frames of one constant sample each: `value`, then `value + 1`, ..."""
    return b"".join((value + n).to_bytes(2, "little", signed=True) * 160 for n in range(frames))


class FakeWire:
    """A bus on which the test is everybody else."""

    def __init__(self) -> None:
        self.away_since: float | None = None
        self.is_broken = False
        # Set while publishing comes to an end.
        self.flows = asyncio.Event()
        self.flows.set()
        self.dead: set[str] = set()
        self.sent: list[tuple[str, bus.Item]] = []
        self._queued: list[tuple[str, bus.Item]] = []

    def send(self, to: str, item: bus.Item) -> None:
        self._queued.append((to, item))

    async def flush(self) -> dict[str, int]:
        await self.flows.wait()
        if self.is_broken:
            raise bus.BusAway("broken by the test")
        queued, self._queued = self._queued, []
        self.sent += [(to, item) for to, item in queued if to not in self.dead]
        return {to: 0 if to in self.dead else 1 for to, _ in queued}

    async def receive(self) -> AsyncIterator[tuple[str, list[bus.Item]]]:
        await asyncio.Event().wait()
        yield "", []


class FakeLegStore:
    """A database that remembers what it was told, in order."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.is_away = False
        self.refuses_dial = False
        self.ring_timeout = 45.0
        # Legs that were ended without their holder, as the next beat learns.
        self.over: dict[str, LegEnd] = {}
        # What is planned, by its id.
        self.transfers: dict[str, PlannedTransfer] = {}
        self.may_dial = asyncio.Event()
        self.may_dial.set()

    def told(self, what: str) -> list[tuple[Any, ...]]:
        return [row[1:] for row in self.rows if row[0] == what]

    def _note(self, *row: Any) -> None:
        if self.is_away:
            raise StoreAway
        self.rows.append(row)

    async def begin_dial(self, *, call: str, at: datetime) -> PlannedLeg | None:
        await self.may_dial.wait()
        self._note("begin_dial", call)
        if self.refuses_dial:
            return None
        spec = LegSpec(call, LegKind.SANDBOX, "+15550100", "+15550101", ring_timeout=self.ring_timeout)
        return PlannedLeg(spec, voice="joe")

    async def ringing(self, *, call: str) -> None:
        self._note("ringing", call)

    async def answered(self, *, call: str, at: datetime, recording: str, rate: int) -> None:
        self._note("answered", call, recording, rate)

    async def ended(self, *, call: str, end: LegEnd, at: datetime, recording: RecordingFacts | None) -> None:
        self._note("ended", call, end.reason.value, end.by.value, recording)

    async def begin_transfer(self, *, call: str, transfer: str, at: datetime) -> PlannedTransfer | None:
        await self.may_dial.wait()
        self._note("begin_transfer", transfer)
        return self.transfers.get(transfer)

    async def transfer_ringing(self, *, transfer: str) -> None:
        self._note("transfer_ringing", transfer)

    async def transfer_answered(self, *, transfer: str, at: datetime) -> None:
        self._note("transfer_answered", transfer)

    async def transfer_connected(self, *, transfer: str, at: datetime) -> None:
        self._note("transfer_connected", transfer)

    async def transfer_ended(self, *, transfer: str, end: LegEnd, at: datetime) -> None:
        self._note("transfer_ended", transfer, end.reason.value)

    async def fence(self, *, call: str, token: int, at: datetime) -> int | None:
        self._note("fence", call, token)
        return token + 1

    async def release(self, *, call: str, token: int, at: datetime) -> int | None:
        self._note("release", call, token)
        return token + 1

    async def finish(self, *, call: str, at: datetime) -> None:
        self._note("finish", call)

    async def beat(
        self, *, at: datetime, live: Sequence[str], relayed: int, most: int, is_draining: bool
    ) -> Mapping[str, LegEnd]:
        self._note("beat", len(live), is_draining)
        return self.over

    async def leave(self) -> None:
        self._note("leave")


class FakeVoice:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None, int]] = []

    async def synthesize(self, text: str, *, voice: str | None, rate: int, ahead: bool = False) -> bytes:
        self.asked.append((text, voice, rate))
        return sound(7000, 3)


class Desk:
    def __init__(self, directory: Path) -> None:
        self.now = 1000.0
        self.directory = directory
        self.leg_class = FakeLeg
        self.wire = FakeWire()
        self.store = FakeLegStore()
        self.voice = FakeVoice()
        self.lines: dict[str, FakeLeg] = {}
        self.others: dict[str, FakeLeg] = {}
        self.refuse: Exception | None = None
        self.recorder = Recorder(directory)
        self.holder = Holder(
            wire=self.wire,
            store=self.store,
            kinds={LegKind.SANDBOX: self._make},
            recorder=self.recorder,
            synthesizer=self.voice,
            most_legs=10,
            clock=lambda: self.now,
            wall=lambda: START + timedelta(seconds=self.now),
        )

    def _make(self, spec: LegSpec, events: LegEvents) -> Leg:
        if self.refuse is not None:
            raise self.refuse
        # A second line of the same call is that of a transfer.
        lines = self.others if spec.call_id in self.lines else self.lines
        lines[spec.call_id] = self.leg_class(spec, events)
        return lines[spec.call_id]

    async def take(self, sender: str, *items: bus.Item) -> None:
        self.holder.take(sender, list(items))
        await self.settle()

    async def dial(self, call: str = "call_1", *, worker: str = "worker-1", token: int = 1) -> FakeLeg:
        await self.take(worker, bus.Dial(call, token))
        return self.lines[call]

    async def converse(self, call: str = "call_1", *, worker: str = "worker-1", token: int = 1) -> FakeLeg:
        """A leg that has just been answered."""
        line = await self.dial(call, worker=worker, token=token)
        line.answer()
        await self.settle()
        return line

    async def pass_time(self, seconds: float, *beating: bus.Beat, by: str = "worker-1") -> None:
        """Tick by tick; who is beating does so twice a second."""
        for tick in range(round(seconds * 50)):
            self.now += 0.02
            if beating and tick % 25 == 0:
                self.holder.take(by, list(beating))
            self.holder.tick(self.now)
            await self.holder.publish()
            await asyncio.sleep(0)
        await self.settle()

    async def settle(self) -> None:
        """Let all run that can run without time passing."""
        for _ in range(10):
            await asyncio.sleep(0)

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait for what a thread does."""
        async with asyncio.timeout(5):
            while not holds():
                await self.holder.publish()
                await asyncio.sleep(0.002)

    async def hear(self, to: str = "worker-1") -> list[bus.Item]:
        """All that this worker was told since the last time."""
        await self.holder.publish()
        heard = [item for name, item in self.wire.sent if name == to]
        self.wire.sent = [(name, item) for name, item in self.wire.sent if name != to]
        return heard

    async def hear_only(self, kind: type[ItemKind], to: str = "worker-1") -> list[ItemKind]:
        return [item for item in await self.hear(to) if isinstance(item, kind)]


@contextlib.asynccontextmanager
async def open_desk(directory: Path) -> AsyncIterator[Desk]:
    desk = Desk(directory)
    try:
        async with desk.holder.at_work():
            yield desk
    finally:
        desk.recorder.close()
