"""The lines that a gateway has for other processes: the far side of calls/telephony/relayed.py."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Final

from calls import bus
from calls.audio.framing import FRAMES_PER_SECOND
from calls.telephony.base import EndedBy, EndReason, Leg, LegEnd, LegFactory, LegKind, LegSpec, make_leg
from calls.telephony.relayed import LOST_SECONDS, told_end

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
# What of a time in which the bus stood still is played at once; the rest is left out, lest all that follows be late. What is
# spent comes back at a rate just above that of frames.
BURST_FRAMES: Final = 10.0
FRAMES_BACK: Final = 1.05 * FRAMES_PER_SECOND
# Beyond its ring time-out, which the holder of the call keeps.
RING_GRACE: Final = 5.0
NOT_OURS: Final = LegEnd(EndReason.CANCELED, EndedBy.PLATFORM, "not to be dialled")
ENDING: Final = LegEnd(EndReason.MEDIA_LOST, EndedBy.PLATFORM, "the gateway ends")


class _Line:
    """One of them. Hears its leg (LegEvents), and tells whoever it is for."""

    def __init__(self, transfer: str, holder: str, *, relay: Relay) -> None:
        self.transfer = transfer
        self.holder = holder
        self.leg: Leg | None = None
        self.gone_at = relay.clock() + LOST_SECONDS
        self._relay = relay
        self._allowance = BURST_FRAMES
        self._played_at = relay.clock()

    def play(self, leg: Leg, frame: bytes) -> None:
        now = self._relay.clock()
        self.gone_at = now + LOST_SECONDS
        self._allowance = min(self._allowance + (now - self._played_at) * FRAMES_BACK, BURST_FRAMES)
        self._played_at = now
        if self._allowance >= 1:
            self._allowance -= 1
            leg.play(frame)

    def ringing(self) -> None:
        self.tell("ringing")

    def answered(self) -> None:
        self.gone_at = self._relay.clock() + LOST_SECONDS
        self.tell("answered")

    def heard(self, frame: bytes) -> None:
        self.tell("sound", frame)

    def dtmf(self, digit: str) -> None:
        self.tell("digit", digit.encode())

    def ended(self, end: LegEnd) -> None:
        self._relay.end(self, end)

    def tell(self, what: str, data: bytes = b"") -> None:
        self._relay.send(self.holder, bus.FromLine(self.transfer, 0, what, data))


class Relay:
    """`plan` gives whom to dial for a transfer of that process's, or None where nobody is to be."""

    def __init__(
        self,
        *,
        kinds: Mapping[LegKind, LegFactory],
        plan: Callable[[str, str], Awaitable[LegSpec | None]],
        send: Callable[[str, bus.Item], None],
        clock: Callable[[], float],
    ) -> None:
        self.send = send
        self.clock = clock
        self._kinds = kinds
        self._plan = plan
        self._lines: dict[str, _Line] = {}
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._work: set[asyncio.Task[None]] = set()

    @property
    def live(self) -> int:
        """Lines that are dialled or up."""
        return len(self._lines)

    async def emptied(self) -> None:
        await self._is_empty.wait()

    def take(self, sender: str, item: bus.ToLine | bus.FromLine) -> None:
        """Obey the process that a line is for."""
        if not isinstance(item, bus.ToLine):
            return
        line = self._lines.get(item.call)
        if line is None and item.what == "dial":
            line = self._lines[item.call] = _Line(item.call, sender, relay=self)
            self._is_empty.clear()
            self._spawn(self._dial(line))
        elif line is not None and line.holder == sender and line.leg is not None:
            self._obey(line, line.leg, item)
        elif line is not None and line.holder == sender and item.what == "hang_up":
            self._drop(line)

    async def run(self) -> None:
        """Say that the lines are there, and let go of those that nobody wants any more."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        for line in list(self._lines.values()):
            line.tell("alive")
            if self.clock() >= line.gone_at:
                logger.warning("whoever a line was for is gone", extra={"transfer": line.transfer})
                self._drop(line)

    async def close(self) -> None:
        for line in list(self._lines.values()):
            self.end(line, ENDING)
        await asyncio.gather(*self._work, return_exceptions=True)

    def end(self, line: _Line, end: LegEnd) -> None:
        """The line is over, and whoever it is for is told."""
        if self._lines.get(line.transfer) is line:
            line.tell("ended", told_end(end))
            self._drop(line)

    def _obey(self, line: _Line, leg: Leg, item: bus.ToLine) -> None:
        match item.what:
            case "sound":
                line.play(leg, item.data)
            case "flush":
                leg.flush()
            case "digits":
                self._spawn(leg.send_dtmf(item.data.decode()))
            case "hang_up":
                self._drop(line)

    async def _dial(self, line: _Line) -> None:
        try:
            spec = await self._plan(line.transfer, line.holder)
            if spec is None:
                self.end(line, NOT_OURS)
            elif self._lines.get(line.transfer) is line:
                line.gone_at = self.clock() + spec.ring_timeout + RING_GRACE
                line.leg = make_leg(self._kinds, spec, line)
                await line.leg.dial()
        except Exception as error:
            logger.exception("a line could not be dialled", extra={"transfer": line.transfer})
            self.end(line, LegEnd(EndReason.CARRIER_ERROR, EndedBy.PLATFORM, type(error).__name__))

    def _drop(self, line: _Line) -> None:
        self._lines.pop(line.transfer, None)
        if not self._lines:
            self._is_empty.set()
        if line.leg is not None:
            self._spawn(line.leg.close())

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
