"""Who has the turn: pipecat's voice detection and turn model, with their sessions shared by a process's calls."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer, BaseTurnParams, EndOfTurnState
from pipecat.audio.turn.smart_turn.base_smart_turn import BaseSmartTurn, SmartTurnParams
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroOnnxModel, SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams, VADState
from pipecat.metrics.metrics import MetricsData

from calls.audio.levels import dbfs
from calls.voice.session import Patience

# The pause is longer than one between two sentences, so that the agent does not fall into it. The volume is lower on
# a telephone than from a microphone.
VAD = VADParams(confidence=0.7, start_secs=0.2, stop_secs=0.35, min_volume=0.3)


@dataclass(frozen=True)
class Pauses:
    """Seconds of silence: before the voice counts as ended, and from then on where the turn sounded unfinished."""

    after_voice: float
    unfinished: float


# Of agents that are quicker or more patient than what pipelines are built with. The second stays below the pipeline's
# limit of a turn without words.
PAUSES: Final[Mapping[Patience, Pauses]] = {"quick": Pauses(0.25, 0.45), "patient": Pauses(0.8, 1.5)}


class TurnEnd(BaseTurnAnalyzer):
    """Judges whether the caller has finished."""

    def end_after(self, seconds: float) -> None:
        """Silence of so many seconds ends a turn that sounded unfinished."""


class _SharedSilero(SileroOnnxModel):
    """The network of another model with a state of its own."""

    def __init__(self, loaded: SileroOnnxModel) -> None:
        self.session = loaded.session
        self.sample_rates = loaded.sample_rates
        self.reset_states()  # type: ignore[no-untyped-call]  # pipecat leaves this one untyped


class Vad(SileroVADAnalyzer):
    """Silero on the session of the one that was loaded. Runs on the loop: a window takes 0.4 ms, a thread hop more."""

    def __init__(self, loaded: SileroVADAnalyzer) -> None:
        VADAnalyzer.__init__(self, params=VAD)
        self._model = _SharedSilero(loaded._model)
        self._windows_since_reset = 0
        self._low_confidence_windows = 0

    async def analyze_audio(self, buffer: bytes) -> VADState:
        return self._run_analyzer(buffer)


class SmartTurn(LocalSmartTurnAnalyzerV3, TurnEnd):
    """The turn model on a shared session and a shared thread."""

    def __init__(
        self, loaded: LocalSmartTurnAnalyzerV3, executor: ThreadPoolExecutor, *, unfinished_pause: float
    ) -> None:
        BaseSmartTurn.__init__(self, params=SmartTurnParams(stop_secs=unfinished_pause))
        self._log_data = False
        self._session = loaded._session
        self._shared = executor

    def end_after(self, seconds: float) -> None:
        self._params = self._params.model_copy(update={"stop_secs": seconds})
        self._stop_ms = seconds * 1000

    @property
    def _model_executor(self) -> ThreadPoolExecutor:
        return self._shared


class TurnModels:
    """What is loaded once a process."""

    def __init__(self) -> None:
        self._vad = SileroVADAnalyzer(params=VAD)
        self._turn = LocalSmartTurnAnalyzerV3(cpu_count=1)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="smart-turn")

    def warm(self, speech: npt.NDArray[np.float32]) -> None:
        """Run both once, on 16 kHz speech: the first run of a network is slow."""
        vad = self.vad()
        vad.set_sample_rate(16000)
        vad._run_analyzer((speech[:16000] * 32767).astype("<i2").tobytes())
        self._turn._predict_endpoint(speech)

    def vad(self) -> VADAnalyzer:
        return Vad(self._vad)

    def turn(self, *, unfinished_pause: float) -> TurnEnd:
        return SmartTurn(self._turn, self._executor, unfinished_pause=unfinished_pause)

    def close(self) -> None:
        self._executor.shutdown(wait=False)


class FakeTurnModels:
    """Loud is speech, and every pause ends a turn."""

    def vad(self) -> VADAnalyzer:
        return LoudnessVad()

    def turn(self, *, unfinished_pause: float) -> TurnEnd:
        return EveryPause()

    def close(self) -> None:
        pass


class LoudnessVad(VADAnalyzer):
    def __init__(self) -> None:
        super().__init__(params=VADParams(confidence=0.5, start_secs=0.1, stop_secs=0.2, min_volume=0.0))

    def num_frames_required(self) -> int:
        return 512

    def voice_confidence(self, buffer: bytes) -> float:
        return 1.0 if dbfs(buffer) > -40 else 0.0

    async def analyze_audio(self, buffer: bytes) -> VADState:
        return self._run_analyzer(buffer)


class EveryPause(TurnEnd):
    @property
    def speech_triggered(self) -> bool:
        return False

    @property
    def params(self) -> BaseTurnParams:
        return SmartTurnParams()

    def append_audio(self, buffer: bytes, is_speech: bool) -> EndOfTurnState:
        return EndOfTurnState.INCOMPLETE

    async def analyze_end_of_turn(self) -> tuple[EndOfTurnState, MetricsData | None]:
        return EndOfTurnState.COMPLETE, None

    def clear(self) -> None:
        pass
