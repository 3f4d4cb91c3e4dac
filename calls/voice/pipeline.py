"""The pipeline of one conversation, and its life: built ahead, bound to a call later, cancelled at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pipecat.audio.vad.vad_analyzer import VADAnalyzer
from pipecat.frames.frames import Frame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregator, LLMUserAggregatorParams
from pipecat.services.llm_service import LLMService
from pipecat.turns.user_start import TranscriptionUserTurnStartStrategy, VADUserTurnStartStrategy
from pipecat.turns.user_stop import TurnAnalyzerUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from calls.voice.processors.director import Direction, Director
from calls.voice.processors.recognizer import Ears, Recognizer
from calls.voice.processors.speaker import Mouth, Speaker
from calls.voice.providers.stt import RATE, STT
from calls.voice.providers.tts import TTSChain
from calls.voice.session import Patience
from calls.voice.transports import BusInput, BusOutput
from calls.voice.turns import PAUSES, TurnEnd
from calls.voice.utterances import Utterance, Utterances

START_SECONDS = 10.0
END_SECONDS = 5.0
# A turn that brought no words is over after this.
WORDLESS_SECONDS = 1.6


class Turns(Protocol):
    """Where voice detection and the turn model come from."""

    def vad(self) -> VADAnalyzer: ...

    def turn(self, *, unfinished_pause: float) -> TurnEnd: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Senses:
    """What a process's pipelines share."""

    turns: Turns
    stt: STT
    tts: TTSChain


class VoiceBegins(VADUserTurnStartStrategy):  # type: ignore[no-untyped-call]  # pipecat leaves its base untyped
    """A voice begins the caller's turn, and stops the agent where it may."""

    def __init__(self, may_interrupt: Callable[[], bool]) -> None:
        super().__init__()
        self._may_interrupt = may_interrupt

    async def trigger_user_turn_started(self, **options: bool | None) -> None:
        await super().trigger_user_turn_started(**{**options, "enable_interruptions": self._may_interrupt()})


class WordsCome(TranscriptionUserTurnStartStrategy):  # type: ignore[no-untyped-call]  # likewise
    """So do words where no voice was made out."""

    def __init__(self, may_interrupt: Callable[[], bool]) -> None:
        super().__init__()
        self._may_interrupt = may_interrupt

    async def trigger_user_turn_started(self, **options: bool | None) -> None:
        await super().trigger_user_turn_started(**{**options, "enable_interruptions": self._may_interrupt()})


class ConversationPipeline:
    """pipecat's part of a conversation."""

    def __init__(
        self,
        *,
        senses: Senses,
        llm: LLMService[Any],
        ears: Ears,
        direction: Direction,
        mouth: Mouth,
        utterances: Utterances,
        on_interruption: Callable[[], None],
        on_finished: Callable[[Utterance], None],
        may_interrupt: Callable[[], bool],
        unfinished_pause: float,
    ) -> None:
        self.context = LLMContext()
        self.input = BusInput()
        self.llm = llm
        self.speaker = Speaker(senses.tts, utterances, mouth)
        self.output = BusOutput(utterances, on_interruption=on_interruption, on_finished=on_finished)
        self._vad = senses.turns.vad()
        self._turn = senses.turns.turn(unfinished_pause=unfinished_pause)
        user = LLMUserAggregator(
            self.context,
            params=LLMUserAggregatorParams(
                vad_analyzer=self._vad,
                user_turn_strategies=UserTurnStrategies(
                    start=[VoiceBegins(may_interrupt), WordsCome(may_interrupt)],
                    stop=[TurnAnalyzerUserTurnStopStrategy(turn_analyzer=self._turn)],
                ),
                user_turn_stop_timeout=WORDLESS_SECONDS,
                empty_user_turn=None,
            ),
        )
        recognizer = Recognizer(senses.stt, ears)
        pipeline = Pipeline([self.input, recognizer, user, Director(direction), llm, self.speaker, self.output])
        self._worker = PipelineWorker(
            pipeline,
            params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=8000),
            cancel_on_idle_timeout=False,
            idle_timeout_secs=None,
            enable_rtvi=False,
            enable_turn_tracking=False,
        )
        self._runner = WorkerRunner(handle_sigint=False)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Build up to where audio may flow."""
        started = asyncio.Event()

        async def on_started(*_: object) -> None:
            started.set()

        self._worker.add_event_handler("on_pipeline_started", on_started)
        await self._runner.add_workers(self._worker)
        self._task = asyncio.create_task(self._runner.run(), name="conversation-pipeline")
        async with asyncio.timeout(START_SECONDS):
            await started.wait()

    async def close(self) -> None:
        """Cancel it: an orderly end would wait for speech that may never come."""
        if self._task is None:
            return
        task, self._task = self._task, None
        # A cancel right at the start leaks the recognizer's task: let it begin.
        await asyncio.sleep(0)
        await self._worker.cancel()
        _, unfinished = await asyncio.wait({task}, timeout=END_SECONDS)
        if unfinished:
            task.cancel()
            await asyncio.wait({task}, timeout=END_SECONDS)

    def wait(self, patience: Patience) -> None:
        """Take pauses as this agent does. Before the caller is first heard: the voice detection begins anew."""
        if (pauses := PAUSES.get(patience)) is not None:
            self._vad.set_params(self._vad.params.model_copy(update={"stop_secs": pauses.after_voice}))
            self._turn.end_after(pauses.unfinished)

    async def to_speaker(self, frame: Frame) -> None:
        """Past everything that may be busy."""
        await self.speaker.queue_frame(frame)

    async def interrupt(self) -> None:
        """Drop what is being made, as an interruption of the caller's would."""
        await self.llm.broadcast_interruption()  # type: ignore[no-untyped-call]  # pipecat leaves this one untyped

    async def to_llm(self, frame: Frame) -> None:
        await self.llm.queue_frame(frame)
