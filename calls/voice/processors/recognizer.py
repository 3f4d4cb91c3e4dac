"""Speech recognition in the pipeline: pipecat's segmented service, which here guesses at the first pause.

The decision that somebody has stopped takes 0.2 s of silence and then the turn model's time. A pause of 80 ms is
enough to begin transcribing; where nothing more was said, the transcript is there when the decision is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Protocol

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.utils.time import time_now_iso8601

from calls.audio.framing import FRAME_SECONDS
from calls.audio.levels import dbfs
from calls.voice.providers.stt import RATE, STT, STTError
from calls.voice.transports import FRAME_NUMBER

# A frame this far below the loudest of the utterance is a pause.
PAUSE_DB = 22.0
PAUSE_FRAMES = 4
# Somebody who speaks on and on is transcribed in between, for the live transcript, when nobody waits for the model.
INTERIM_FRAMES = 75


class Ears(Protocol):
    """Who is told what the recognizer notices. Called on the loop."""

    def voice_began(self, frame: int) -> None: ...

    def voice_ended(self, frame: int, *, pause: float) -> None: ...

    def words_guessed(self, text: str) -> None: ...

    def words_known(self) -> None:
        """The words of a segment, or that it has none."""

    def recognizer_failed(self, provider: str) -> None:
        """Another provider listens in its place."""

    def recognition_failed(self) -> None:
        """Nobody could tell what a segment says."""


class Recognizer(SegmentedSTTService):
    def __init__(self, stt: STT, ears: Ears) -> None:
        super().__init__(
            sample_rate=RATE,
            trailing_silence_secs=0.1,
            ttfs_p99_latency=1.0,
            settings=STTSettings(model=None, language=None),
        )
        self._stt = stt
        self._ears = ears
        self._newest_frame = 0
        self._loudest = -96.0
        self._quiet = 0
        self._since_guess = 0
        self._guess: asyncio.Task[str | None] | None = None
        # One entry a segment in the queue: the guess that covers it.
        self._guesses: deque[asyncio.Task[str | None] | None] = deque()
        # Providers that the conversation was told of.
        self._out: tuple[str, ...] = ()

    @property
    def wants_wav_segments(self) -> bool:
        return False

    async def process_audio_frame(self, frame: InputAudioRawFrame, direction: FrameDirection) -> None:
        await super().process_audio_frame(frame, direction)
        self._newest_frame = frame.metadata.get(FRAME_NUMBER, self._newest_frame)
        if not self._user_speaking:
            return
        level = dbfs(frame.audio)
        self._loudest = max(level, self._loudest - 0.05)
        self._since_guess += 1
        if level > self._loudest - PAUSE_DB:
            self._quiet = 0
            self._drop_guess()
            if self._since_guess >= INTERIM_FRAMES and self._stt.is_idle:
                self._since_guess = 0
                self.create_task(self._tell(bytes(self._audio_buffer)), "interim")
            return
        self._quiet += 1
        # One at a time: guesses that pile up would stand before the transcript that somebody waits for.
        if self._quiet >= PAUSE_FRAMES and self._guess is None and self._stt.is_idle:
            self._since_guess = 0
            segment = bytes(self._audio_buffer) + self._trailing_silence()
            self._guess = self.create_task(self._tell(segment), "guess")

    async def _handle_user_started_speaking(self, frame: VADUserStartedSpeakingFrame) -> None:
        await super()._handle_user_started_speaking(frame)
        self._loudest, self._quiet, self._since_guess = -96.0, 0, 0
        self._drop_guess()
        self._ears.voice_began(max(0, self._newest_frame - round(frame.start_secs / FRAME_SECONDS)))

    async def _handle_user_stopped_speaking(self, frame: VADUserStoppedSpeakingFrame) -> None:
        self._ears.voice_ended(
            max(0, self._newest_frame - round(frame.stop_secs / FRAME_SECONDS)), pause=frame.stop_secs
        )
        self._guesses.append(self._guess)
        self._guess = None
        await super()._handle_user_stopped_speaking(frame)

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame, None]:
        guess = self._guesses.popleft() if self._guesses else None
        text = await guess if guess is not None else None
        try:
            if text is None:
                text = await self._transcribe(audio)
        except STTError:
            self._ears.recognition_failed()
            return
        self._ears.words_known()
        if text:
            yield TranscriptionFrame(text, "", time_now_iso8601(), finalized=True)

    async def _tell(self, segment: bytes) -> str | None:
        """Transcribe, and show what came out while the person may still be speaking. None if it failed."""
        try:
            text = await self._transcribe(segment)
        except STTError:
            return None
        if text:
            self._ears.words_guessed(text)
            if self._user_speaking:
                await self.push_frame(InterimTranscriptionFrame(text, "", time_now_iso8601()))
        return text

    async def _transcribe(self, segment: bytes) -> str:
        try:
            return await self._stt.transcribe(segment)
        finally:
            for provider in self._stt.out:
                if provider not in self._out:
                    self._ears.recognizer_failed(provider)
            self._out = self._stt.out

    def _drop_guess(self) -> None:
        # It runs to its end: a thread cannot be stopped, and its words are still an interim transcript.
        self._guess = None
