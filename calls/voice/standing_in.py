"""Somebody speaks in the agent's place: the agent keeps silent, and listens to them as it does to the caller."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from typing import Final

from calls.audio.framing import FRAME_MS, FRAMES_PER_SECOND, frame_bytes
from calls.audio.resample import resample
from calls.audio.vad import EnergyVad
from calls.voice.providers.stt import RATE, STT, STTError

# A pause that ends what is transcribed as one, and the longest of it.
PAUSE_SECONDS: Final = 0.7
LONGEST_FRAMES: Final = 20 * FRAMES_PER_SECOND
# Kept from before a voice is noticed: its first sound.
BEFORE_FRAMES: Final = 12
# What the last words may take to be understood before the agent goes on without them.
LAST_WORDS_SECONDS: Final = 2.5
NOTE: Final = (
    "A colleague has just spoken with the caller in your place, in your name, and has handed the call back to you. Go on"
    " from there, and do not start over. They said to the caller: “{said}”"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def sentences(text: str) -> list[str]:
    return [sentence for sentence in _SENTENCE_END.split(text.strip()) if sentence]


class StandIn:
    """Told what is played in the agent's place, it tells what was said. Lives on the loop."""

    def __init__(
        self,
        *,
        stt: STT,
        clock: Callable[[], float],
        on_said: Callable[[str, int, int], None],
        on_failed: Callable[[], None],
    ) -> None:
        self._stt = stt
        self._clock = clock
        self._on_said = on_said
        self._on_failed = on_failed
        # The agent keeps silent: longer than somebody stands in, until their last words are understood.
        self.is_on = False
        self.is_over = False
        self.said: list[str] = []
        # The frame after the last in which a voice was heard; 0 for none.
        self.spoke_upto = 0
        self._vad = EnergyVad()
        self._before: deque[bytes] = deque(maxlen=BEFORE_FRAMES)
        self._segment: list[bytes] = []
        self._began = 0
        self._heard_at = 0.0
        self._rate = RATE
        self._words: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self.is_on, self.is_over = True, False
        self.spoke_upto = 0
        self._vad = EnergyVad()
        self._before.clear()

    def hear(self, first: int, pcm: bytes, *, rate: int) -> None:
        self._rate, size = rate, frame_bytes(rate)
        self._heard_at = self._clock()
        for n in range(len(pcm) // size):
            self._hear(first + n, pcm[n * size : (n + 1) * size])

    def _hear(self, number: int, frame: bytes) -> None:
        is_loud = self._vad.hear(frame)
        if not self._segment:
            self._before.append(frame)
            if self._vad.speaking:
                self._segment = list(self._before)
                self._began = number + 1 - len(self._segment)
                self._before.clear()
                self.spoke_upto = number + 1
            return
        self._segment.append(frame)
        if is_loud:
            self.spoke_upto = number + 1
        if self._vad.silence_seconds >= PAUSE_SECONDS or len(self._segment) >= LONGEST_FRAMES:
            self._close()

    def tick(self, now: float) -> None:
        """A microphone that sends nothing is a pause as well."""
        if self._segment and now - self._heard_at >= PAUSE_SECONDS:
            self._close()

    def end(self, then: Callable[[], None]) -> None:
        """They have handed back: `then`, once their last words are understood, or were waited for long enough."""
        self.is_over = True
        self._close()
        self._ending = asyncio.create_task(self._wait(then))

    def drop(self) -> None:
        """The call is over."""
        for task in (self._words, self._ending):
            if task is not None:
                task.cancel()

    async def _wait(self, then: Callable[[], None]) -> None:
        if self._words is not None:
            await asyncio.wait({self._words}, timeout=LAST_WORDS_SECONDS)
        then()

    def _close(self) -> None:
        segment, self._segment = self._segment, []
        if segment:
            pcm = resample(b"".join(segment), from_rate=self._rate, to_rate=RATE)
            times = (self._began * FRAME_MS, max(self._began, self.spoke_upto) * FRAME_MS)
            self._words = asyncio.create_task(self._understand(pcm, times, after=self._words))

    async def _understand(self, pcm: bytes, times: tuple[int, int], *, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await asyncio.wait({after})
        try:
            text = await self._stt.transcribe(pcm)
        except STTError:
            self._on_failed()
            return
        if text:
            self.said.append(text)
            self._on_said(text, *times)
