"""A browser's microphone and speaker: a leg whose line is a socket that somebody has opened.

The person comes to us, so dialling such a leg is finding their socket. Frames are PCM16 mono at 16 kHz, both ways. The
browser keeps a few frames ahead of the speaker and says how many it has played, so that a flush can tell what of
the speech was not heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from calls.audio.framing import FRAMES_PER_SECOND, frame_bytes
from calls.telephony.base import EndedBy, EndReason, Leg, LegEnd, LegEvents, LegFactory, LegKind, LegSpec

BROWSER_RATE: Final = 16_000
BROWSER_FRAME_BYTES: Final = frame_bytes(BROWSER_RATE)
# A microphone that sends nothing for so long is gone, whatever the connection says.
SILENT_LINE_SECONDS: Final = 15.0
# A browser keeps no more than this ahead of its speaker; what it has not reported beyond is only late news.
MOST_ON_ITS_WAY: Final = FRAMES_PER_SECOND // 2
# Frames that a microphone may send above its 50 a second, in one go and later on.
BURST_FRAMES: Final = 100
GONE: Final = LegEnd(EndReason.CANCELED, EndedBy.USER, "the browser had gone")


class Peer(Protocol):
    """The other end of the socket. All return at once."""

    def play(self, frame: bytes) -> bool:
        """Send 20 ms of sound. False where the browser does not keep up, and the frame is dropped."""

    def tell(self, message: Mapping[str, object]) -> None:
        """Send a message in JSON."""


class BrowserLine:
    """One open socket, from its first moment to its last. The leg is found by it when it is dialled."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.is_open = True
        self._leg: BrowserLeg | None = None
        self._allowance = float(BURST_FRAMES)
        self._last_at = 0.0

    @property
    def is_dialled(self) -> bool:
        return self._leg is not None

    def connect(self, leg: BrowserLeg) -> None:
        self._leg = leg

    def hear(self, frame: bytes, *, now: float) -> bool:
        """The microphone's next 20 ms. False where it sends more than time allows: the frame is dropped."""
        self._allowance = min(self._allowance + (now - self._last_at) * FRAMES_PER_SECOND, float(BURST_FRAMES))
        self._last_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        if self._leg is not None:
            self._leg.hear(frame)
        return True

    def played(self, frames: int) -> None:
        """So many frames have been played since the answer, or were dropped by the browser."""
        if self._leg is not None:
            self._leg.note_played(frames)

    def hang_up(self) -> None:
        """The person ends the talk."""
        if self._leg is not None:
            self._leg.left()

    def close(self) -> None:
        """The socket is closed: a talk that goes on without it ends."""
        self.is_open = False
        self.hang_up()


class BrowserLeg:
    kind: LegKind = LegKind.BROWSER
    rate: int = BROWSER_RATE

    def __init__(self, spec: LegSpec, events: LegEvents, *, line: BrowserLine | None) -> None:
        self._spec = spec
        self._events = events
        self._line = line
        self._sent = 0
        self._played = 0
        self._quiet_frames = 0
        self._over = False

    async def dial(self) -> None:
        if self._line is None or not self._line.is_open:
            self._end(GONE)
            return
        self._line.connect(self)
        # Whoever opened the socket is there already.
        self._line.peer.tell({"type": "answered"})
        self._events.answered()

    def play(self, frame: bytes) -> None:
        if self._line is None or self._over:
            return
        if self._line.peer.play(frame):
            self._sent += 1
        self._quiet_frames += 1
        if self._quiet_frames >= SILENT_LINE_SECONDS * FRAMES_PER_SECOND:
            self._end(LegEnd(EndReason.MEDIA_LOST, EndedBy.CARRIER, "the microphone fell silent"))

    def flush(self) -> int:
        if self._line is None or self._over:
            return 0
        on_its_way = min(self._sent - self._played, MOST_ON_ITS_WAY)
        # What the browser drops it will report as played.
        self._line.peer.tell({"type": "flush"})
        return on_its_way

    async def hang_up(self) -> None:
        self._over = True

    async def send_dtmf(self, digits: str) -> None:
        """A browser has no keypad menu: tones are let pass."""

    async def close(self) -> None:
        self._over = True

    # --- What the socket says -----------------------------------------------------------------------------------------

    def hear(self, frame: bytes) -> None:
        if not self._over:
            self._quiet_frames = 0
            self._events.heard(frame)

    def note_played(self, frames: int) -> None:
        self._played = max(self._played, min(frames, self._sent))

    def left(self) -> None:
        self._end(LegEnd(EndReason.USER_HANGUP, EndedBy.USER))

    def _end(self, end: LegEnd) -> None:
        if not self._over:
            self._over = True
            self._events.ended(end)


def browser_legs(lines: Mapping[str, BrowserLine]) -> LegFactory:
    """The factory of browser legs; `lines` are the open sockets, by call."""

    def make(spec: LegSpec, events: LegEvents) -> Leg:
        return BrowserLeg(spec, events, line=lines.get(spec.call_id))

    return make
