"""Speech synthesis in the pipeline: pipecat's service, on our providers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from pipecat.frames.frames import Frame, LLMTextFrame, TTSAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService

from calls.audio.framing import BYTES_PER_SAMPLE
from calls.voice.providers.tts import TTS, TTSError
from calls.voice.session import Stages
from calls.voice.utterances import Utterances


class Mouth(Protocol):
    """Who is told what the speaker does. Called on the loop."""

    @property
    def voice(self) -> str: ...

    def words_came(self) -> None: ...

    def speech_began(self) -> Stages | None: ...

    def speech_failed(self) -> None: ...


class Speaker(TTSService):
    def __init__(self, tts: TTS, utterances: Utterances, mouth: Mouth) -> None:
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

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, LLMTextFrame):
            self._mouth.words_came()
        await super().process_frame(frame, direction)

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame, None]:
        rate = self._utterances.rate
        piece = None
        try:
            async with aclosing(self._tts.speak(text, voice=self._mouth.voice, rate=rate)) as sounds:
                async for pcm in sounds:
                    if piece is None:
                        piece = self._utterances.begin(context_id, text, self._mouth.speech_began())
                    piece.ms += len(pcm) * 1000 / (rate * BYTES_PER_SAMPLE)
                    yield TTSAudioRawFrame(pcm, rate, 1, context_id=context_id)
        except TTSError:
            self._mouth.speech_failed()
