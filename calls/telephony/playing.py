"""Speech on its way to a person: sent ahead by the conversation, played a frame a tick, reported as it was heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from calls.audio.framing import FRAME_MS, frames_of

# Between two marks of one utterance.
MARK_FRAMES: Final = 10
# The holder's own words. They are of no utterance and leave no marks.
OWN: Final = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """How much of an utterance was played when frame `frame` was about to come."""

    utterance: int
    played_ms: int
    frame: int
    is_over: bool


@dataclass(slots=True)
class _Utterance:
    number: int
    frames: deque[bytes] = field(default_factory=deque)
    played: int = 0
    # The frame after the last that was played.
    spoken_upto: int = 0
    # All of it has arrived.
    is_whole: bool = False


class PlayQueue:
    """One leg's speech. Utterances are played one after another in the order of their first arrival."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._line: deque[_Utterance] = deque()
        self._newest = _Utterance(0, is_whole=True)
        # Nothing of utterances up to this one is taken any more.
        self._closed = 0
        self._marks: list[Mark] = []

    @property
    def utterance(self) -> int:
        """The newest; 0 when there was none."""
        return self._newest.number

    @property
    def played_ms(self) -> int:
        return self._newest.played * FRAME_MS

    @property
    def spoken_upto(self) -> int:
        """The frame after the last in which any of the newest was played."""
        return self._newest.spoken_upto

    @property
    def is_whole(self) -> bool:
        return self._newest.is_whole

    @property
    def queued_ms(self) -> int:
        return sum(len(utterance.frames) for utterance in self._line) * FRAME_MS

    @property
    def is_silent(self) -> bool:
        """Nothing is there to be played now."""
        return not any(utterance.frames for utterance in self._line)

    def put(self, *, utterance: int, pcm: bytes, is_last: bool) -> None:
        """Add speech. What belongs to an utterance that is over, or older than the newest, is dropped."""
        if utterance <= self._closed or utterance < self._newest.number:
            return

        if utterance > self._newest.number:
            self._newest = _Utterance(utterance)
            self._line.append(self._newest)
        self._newest.frames.extend(frames_of(pcm, self._rate))
        self._newest.is_whole = self._newest.is_whole or is_last

    def put_own(self, pcm: bytes) -> None:
        """Add words of the holder's own."""
        self._line.append(_Utterance(OWN, deque(frames_of(pcm, self._rate)), is_whole=True))

    def next(self, frame: int) -> bytes | None:
        """What to play as frame number `frame`; None is silence."""
        while self._line:
            first = self._line[0]
            if first.frames:
                pcm = first.frames.popleft()
                first.played += 1
                first.spoken_upto = frame + 1
                self._mark_progress(first, frame + 1)
                return pcm
            if not first.is_whole and len(self._line) == 1:
                return None
            self._line.popleft()
            self._mark_over(first, frame)
        return None

    def flush(self, frame: int, *, unheard: int = 0) -> None:
        """Drop what was not played. Each utterance it belonged to is over; the newest is reported in any case.

        `unheard`: so many of the frames that were played last did not reach the person.
        """
        over = [*self._line]
        if over:
            caught = min(unheard, over[0].played)
            over[0].played -= caught
            over[0].spoken_upto = max(0, over[0].spoken_upto - caught)
        if not any(utterance is self._newest for utterance in over):
            over.append(self._newest)
        self._line.clear()
        for utterance in over:
            utterance.frames.clear()
            self._mark_over(utterance, frame)

    def marks(self) -> Iterator[Mark]:
        """The marks made since the last time."""
        while self._marks:
            yield self._marks.pop(0)

    def _mark_progress(self, utterance: _Utterance, frame: int) -> None:
        if utterance.is_whole and not utterance.frames:
            self._line.popleft()
            self._mark_over(utterance, frame)
        elif utterance.played == 1 or utterance.played % MARK_FRAMES == 0 or not utterance.frames:
            self._mark(utterance, frame, is_over=False)

    def _mark_over(self, utterance: _Utterance, frame: int) -> None:
        self._closed = max(self._closed, utterance.number)
        self._mark(utterance, frame, is_over=True)

    def _mark(self, utterance: _Utterance, frame: int, *, is_over: bool) -> None:
        if utterance.number != OWN:
            self._marks.append(Mark(utterance.number, utterance.played * FRAME_MS, frame, is_over))
