"""Speech synthesis in the pipeline: pipecat's service, on our providers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from pipecat.frames.frames import Frame, LLMTextFrame, TTSAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService

from calls.audio.framing import BYTES_PER_SAMPLE, frame_bytes
from calls.voice.providers.tts import TTSChain, TTSError
from calls.voice.session import Stages
from calls.voice.takeover import MS_A_CHARACTER, rest_of
from calls.voice.utterances import Piece, Utterances, first_words

# In characters: some 3 s and 1.3 s of speech.
LONG_SENTENCE = 45
SHORTEST_CLAUSE = 20
# A sentence that broke off so often is given up.
MOST_BREAKS = 3


class Mouth(Protocol):
    """Who is told what the speaker does. Called on the loop."""

    @property
    def voice(self) -> str: ...

    @property
    def speed(self) -> float: ...

    def words_came(self) -> None: ...

    def speech_began(self) -> Stages | None: ...

    def voice_failed(self, provider: str) -> None:
        """Another provider speaks in its place."""

    def speech_failed(self) -> None:
        """Nobody speaks."""


class Speaker(TTSService):
    def __init__(self, tts: TTSChain, utterances: Utterances, mouth: Mouth) -> None:
        super().__init__(
            push_start_frame=True,
            push_stop_frames=True,
            # A first sound may be long in coming behind a full queue; a shorter limit would cut the turn in two.
            stop_frame_timeout_s=15.0,
            # A provider that fell silent is ours to judge.
            max_consecutive_zero_audio_contexts=0,
            settings=TTSSettings(model=None, voice=None, language=None),
        )
        self._tts = tts
        self._utterances = utterances
        self._mouth = mouth
        # The context whose first text has been taken.
        self._begun = ""
        # Providers that the conversation was told of.
        self._out: tuple[str, ...] = ()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, LLMTextFrame):
            self._mouth.words_came()
        await super().process_frame(frame, direction)

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame, None]:
        rate, voice, speed = self._utterances.rate, self._mouth.voice, self._mouth.speed
        if not any(map(str.isalnum, text)):
            # Nothing to be said, and so nobody's failure. What comes behind it waits for a sound.
            yield TTSAudioRawFrame(bytes(frame_bytes(rate)), rate, 1, context_id=context_id)
            return
        is_first = context_id != self._begun
        self._begun = context_id
        parts = [text]
        if is_first and not self._tts.has_ready(text, voice=voice, rate=rate, speed=speed):
            parts = first_clause(text)
        try:
            for part in parts:
                async for pcm in self._sounds(part, context_id):
                    yield TTSAudioRawFrame(pcm, rate, 1, context_id=context_id)
        except TTSError:
            self._mouth.speech_failed()

    async def _sounds(self, text: str, context_id: str) -> AsyncGenerator[bytes, None]:
        """The speech of this text; where its provider breaks off, the rest from whoever then speaks."""
        rate, voice, speed = self._utterances.rate, self._mouth.voice, self._mouth.speed
        piece: Piece | None = None
        for _ in range(MOST_BREAKS):
            ms = 0.0
            try:
                async with aclosing(self._tts.speak(text, voice=voice, rate=rate, speed=speed)) as sounds:
                    async for pcm in sounds:
                        if not ms:
                            self._tell_who_failed()
                        if piece is None:
                            piece = self._utterances.begin(context_id, text, self._mouth.speech_began())
                        length = len(pcm) * 1000 / (rate * BYTES_PER_SAMPLE)
                        ms += length
                        piece.ms += length
                        yield pcm
                return
            except TTSError:
                if not ms:
                    raise
            text = rest_of(text, first_words(text, ms * speed / (len(text) * MS_A_CHARACTER)))
            if not text:
                return
        raise TTSError("it breaks off again and again", retryable=True)

    def _tell_who_failed(self) -> None:
        for provider in self._tts.out:
            if provider not in self._out:
                self._mouth.voice_failed(provider)
        self._out = self._tts.out


def first_clause(text: str) -> list[str]:
    """A long sentence as its first clause and the rest: the clause is heard while the rest is made.

    The clause is long enough to last until then.
    """
    text = text.strip()
    cut = text.find(", ", SHORTEST_CLAUSE)
    if len(text) < LONG_SENTENCE or cut == -1 or len(text) - cut < SHORTEST_CLAUSE:
        return [text]
    return [text[: cut + 1], text[cut + 2 :]]
