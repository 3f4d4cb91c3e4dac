"""The tick that all legs of a holder share: every 20 ms by a clock that does not drift."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from calls.audio.framing import FRAME_SECONDS

# So far behind, frames are made up for, one more a tick: the far end's jitter buffer hides it. What is later is missed.
MOST_BEHIND: Final = 5
# Only part of a microsecond: a timer may fire a rounding error early.
EARLY: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Due:
    """What a tick has to do: frames that were missed for good, then frames to play."""

    missed: int
    frames: int


@dataclass
class Lateness:
    """How punctual the ticks were, in seconds."""

    ticks: int = 0
    worst: float = 0.0
    # Ticks a whole frame late, or more.
    late: int = 0
    missed_frames: int = 0


class Pacer:
    """Says how many frames are due. It keeps no timer, so a test may be its clock."""

    def __init__(self, *, now: float) -> None:
        self.lateness = Lateness()
        self._origin = now
        self._done = 0
        self._slips: list[tuple[float, float]] = []

    @property
    def next_at(self) -> float:
        return self._origin + (self._done + 1) * FRAME_SECONDS

    def due(self, now: float) -> Due:
        """What is due by now. Never more than two frames to play at once: late speech does not come in bursts."""
        behind = math.floor((now - self._origin) / FRAME_SECONDS + EARLY) - self._done
        if behind <= 0:
            return Due(missed=0, frames=0)

        self._note(now, late=now - self.next_at)
        missed = behind - 1 if behind > MOST_BEHIND else 0
        frames = 1 if missed else min(behind, 2)
        self._done += missed + frames
        self.lateness.missed_frames += missed
        return Due(missed=missed, frames=frames)

    def was_late(self, *, by: float, since: float) -> bool:
        """Whether a tick at or after `since` was late by more than `by`."""
        return any(at >= since and late > by for at, late in self._slips)

    def _note(self, now: float, *, late: float) -> None:
        self.lateness.ticks += 1
        self.lateness.worst = max(self.lateness.worst, late)
        if late >= FRAME_SECONDS:
            self.lateness.late += 1
            self._slips = [*self._slips[-99:], (now, late)]
