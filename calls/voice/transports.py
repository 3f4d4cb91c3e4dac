"""Where the pipeline meets the audio bus: the person's frames come in, the agent's speech goes out ahead of time."""

from __future__ import annotations

from collections.abc import Callable

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    StartFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_transport import TransportParams

from calls.audio.doubling import Doubler
from calls.audio.resample import StreamResampler
from calls.voice.providers.stt import RATE
from calls.voice.utterances import Utterance, Utterances

# The number of the frame that this audio is, in a frame's metadata.
FRAME_NUMBER = "bus_frame"


class BusInput(BaseInputTransport):
    """What the person says, brought to the rate of the models."""

    def __init__(self) -> None:
        super().__init__(TransportParams(audio_in_enabled=True, audio_in_sample_rate=RATE))
        self._resampler: StreamResampler | Doubler | None = None

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def hear(self, number: int, pcm: bytes, *, rate: int) -> None:
        """The next 20 ms of the leg."""
        if self._resampler is None:
            doubles = rate * 2 == RATE
            self._resampler = Doubler() if doubles else StreamResampler(from_rate=rate, to_rate=RATE)
        audio = self._resampler.push(pcm)
        if audio:
            frame = InputAudioRawFrame(audio=audio, sample_rate=RATE, num_channels=1)
            frame.metadata[FRAME_NUMBER] = number
            await self.push_audio_frame(frame)


class BusOutput(FrameProcessor):
    """What the agent says, sent on whole. The holder paces it, and its marks say when the person hears it:
    `sounds` and `falls_silent` follow these, not the sending."""

    def __init__(
        self,
        utterances: Utterances,
        *,
        on_interruption: Callable[[], None],
        on_finished: Callable[[Utterance], None],
    ) -> None:
        super().__init__()
        self._utterances = utterances
        self._on_interruption = on_interruption
        self._on_finished = on_finished

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame) and frame.context_id:
            self._utterances.sound(frame.context_id, frame.audio)
            return
        if isinstance(frame, InterruptionFrame):
            self._on_interruption()
        elif isinstance(frame, TTSStoppedFrame) and frame.context_id:
            finished = self._utterances.finish(frame.context_id)
            if finished is not None:
                self._on_finished(finished)
        await self.push_frame(frame, direction)

    async def sounds(self) -> None:
        await self.broadcast_frame(BotStartedSpeakingFrame)

    async def falls_silent(self) -> None:
        await self.broadcast_frame(BotStoppedSpeakingFrame)
