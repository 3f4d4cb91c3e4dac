"""What a person says, frame by frame: put in its place in time, kept a while, and handed to the conversation."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from calls.audio.framing import FRAMES_PER_SECOND, silent_frame

# What a new worker can still be given.
KEPT_FRAMES: Final = 10 * FRAMES_PER_SECOND
# A frame may be this much ahead of the clock, and late by so many, before its place is given away.
MOST_AHEAD: Final = 2
MOST_LATE: Final = 5
# Frames that wait for their place; more mean that the sender's clock is fast.
MOST_WAITING: Final = 3
# A new worker gets what it missed so much faster than it was spoken. Faster, and its voice activity detection and its
# recognizer fall out of step.
REPLAY_SPEED: Final = 6


class Hearing:
    """One leg's sound, from the answer on. Frame `n` is what was said from `n * 20` ms on."""

    def __init__(self, rate: int) -> None:
        # The number of the next frame.
        self.count = 0
        # The number of the next frame that the conversation gets.
        self.sent = 0
        self._silence = silent_frame(rate)
        self._waiting: deque[bytes] = deque()
        self._kept: deque[bytes] = deque(maxlen=KEPT_FRAMES)
        self._patience = 0

    def hear(self, frame: bytes) -> None:
        self._waiting.append(frame)

    def be_patient(self, frames: int) -> None:
        """The holder itself was late by so many frames: theirs are still on their way."""
        self._patience = min(self._patience + frames, FRAMES_PER_SECOND)

    def advance(self, now: int) -> Sequence[bytes]:
        """The frames that have found their place when `now` frames have passed since the answer."""
        placed: list[bytes] = []
        while self._waiting and self.count + len(placed) < now + MOST_AHEAD:
            placed.append(self._waiting.popleft())
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()

        # What does not come is silence.
        earliest = now - MOST_LATE - self._patience
        placed.extend(self._silence for _ in range(earliest - self.count - len(placed)))
        self._patience = max(0, self._patience - 1)

        self.count += len(placed)
        self._kept.extend(placed)
        return placed

    def take(self) -> tuple[int, bytes] | None:
        """The next frames for the conversation and the number of the first: all that is new, or a part of a replay."""
        oldest = self.count - len(self._kept)
        self.sent = max(self.sent, oldest)
        end = min(self.count, self.sent + REPLAY_SPEED)
        if self.sent >= end:
            return None

        first = self.sent
        self.sent = end
        return first, b"".join(self._kept[n - oldest] for n in range(first, end))

    def rewind(self, to: int) -> int:
        """Give the frames from `to` on once more, as far as they are kept. Returns the first that will come."""
        self.sent = min(max(to, self.count - len(self._kept)), self.count)
        return self.sent
