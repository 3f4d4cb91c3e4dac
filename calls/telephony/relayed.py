"""A line that a gateway has for another process: a talk in a browser is transferred over it.

Lines and their secrets stay with gateways. Whoever holds the talk names the transfer; the gateway looks up whom to dial.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from calls import bus
from calls.audio.framing import FRAMES_PER_SECOND, TELEPHONE_RATE, Framer
from calls.audio.resample import StreamResampler
from calls.telephony.base import EndedBy, EndReason, Leg, LegEnd, LegEvents, LegFactory, LegKind, LegSpec
from calls.telephony.browser import BROWSER_RATE

# Where the spec of such a line has the transfer's public id.
TRANSFER: Final = "transfer"
# Each takes the other for gone when nothing has come of it for so long. Redis may be away meanwhile.
LOST_SECONDS: Final = 10.0
LOST: Final = LegEnd(EndReason.MEDIA_LOST, EndedBy.PLATFORM, "the gateway is gone")
NO_GATEWAY: Final = LegEnd(EndReason.CARRIER_ERROR, EndedBy.PLATFORM, "no gateway is free")


class RelayedLines:
    """Those of this process. `find` gives a gateway that has room."""

    def __init__(self, *, find: Callable[[], Awaitable[str | None]], send: Callable[[str, bus.Item], None]) -> None:
        self.find = find
        self.send = send
        self.legs: dict[str, RelayedLeg] = {}

    @property
    def live(self) -> int:
        """None beside this process's own legs: theirs are a gateway's."""
        return 0

    async def emptied(self) -> None:
        """At once, for the same reason."""

    def take(self, sender: str, item: bus.ToLine | bus.FromLine) -> None:
        if isinstance(item, bus.FromLine) and (leg := self.legs.get(item.call)) is not None:
            leg.take(sender, item)


class RelayedLeg:
    """Sound is at the browser's rate here, and at the telephone's on the bus."""

    rate: int = BROWSER_RATE

    def __init__(self, spec: LegSpec, events: LegEvents, *, lines: RelayedLines) -> None:
        self.kind: LegKind = spec.kind
        self._transfer = str(spec.params[TRANSFER])
        self._events = events
        self._lines = lines
        self._gateway = ""
        self._over = False
        self._quiet_frames = 0
        self._down = _Reframer(from_rate=BROWSER_RATE, to_rate=TELEPHONE_RATE)
        self._up = _Reframer(from_rate=TELEPHONE_RATE, to_rate=BROWSER_RATE)

    async def dial(self) -> None:
        gateway = await self._lines.find()
        if self._over:
            return
        if gateway is None:
            self._end(NO_GATEWAY)
            return
        self._gateway = gateway
        self._lines.legs[self._transfer] = self
        self._tell("dial")

    def play(self, frame: bytes) -> None:
        if self._over or not self._gateway:
            return
        for part in self._down.push(frame):
            self._tell("sound", part)
        self._quiet_frames += 1
        if self._quiet_frames >= LOST_SECONDS * FRAMES_PER_SECOND:
            self._end(LOST)

    def flush(self) -> int:
        self._tell("flush")
        return 0

    async def hang_up(self) -> None:
        self._tell("hang_up")
        self._over = True
        self._lines.legs.pop(self._transfer, None)

    async def send_dtmf(self, digits: str) -> None:
        self._tell("digits", digits.encode())

    async def close(self) -> None:
        await self.hang_up()

    def take(self, sender: str, item: bus.FromLine) -> None:
        """What the gateway says of the line."""
        if self._over or sender != self._gateway:
            return
        self._quiet_frames = 0
        match item.what:
            case "ringing":
                self._events.ringing()
            case "answered":
                self._events.answered()
            case "sound":
                for frame in self._up.push(item.data):
                    self._events.heard(frame)
            case "digit":
                self._events.dtmf(item.data.decode())
            case "ended":
                self._end(_end_told(item.data))

    def _tell(self, what: str, data: bytes = b"") -> None:
        if self._gateway and not self._over:
            self._lines.send(self._gateway, bus.ToLine(self._transfer, 0, what, data))

    def _end(self, end: LegEnd) -> None:
        if not self._over:
            self._over = True
            self._lines.legs.pop(self._transfer, None)
            self._events.ended(end)


def relayed_legs(lines: RelayedLines) -> LegFactory:
    """The factory of lines that gateways have."""

    def make(spec: LegSpec, events: LegEvents) -> Leg:
        return RelayedLeg(spec, events, lines=lines)

    return make


class _Reframer:
    """Frames at one rate from frames at another."""

    def __init__(self, *, from_rate: int, to_rate: int) -> None:
        self._stream = StreamResampler(from_rate=from_rate, to_rate=to_rate)
        self._framer = Framer(to_rate)

    def push(self, frame: bytes) -> Iterator[bytes]:
        return self._framer.push(self._stream.push(frame))


def told_end(end: LegEnd) -> bytes:
    """An end as the bus has it."""
    return f"{end.reason.value} {end.by.value} {end.detail}".encode()


def _end_told(data: bytes) -> LegEnd:
    reason, by, detail = data.decode().split(" ", 2)
    return LegEnd(EndReason(reason), EndedBy(by), detail)
