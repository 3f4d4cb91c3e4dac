"""Speech to text: what a provider is, the ones there are, and how one stands in for another.

A provider is one class with `transcribe`; a new one is a copy of its neighbour and a line in `make_stt`.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from calls.voice.providers.bench import Bench
from calls.voice.providers.whisper_models import find_model

logger = logging.getLogger(__name__)

RATE = 16_000
# A model's own time for a turn of half a minute, several calls waiting for the same thread.
PATIENCE = 10.0


class STTError(Exception):
    """No transcript. `retryable` tells whether the same audio may succeed in a moment."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class STT(Protocol):
    """Turns a stretch of speech into text, for all calls of a process."""

    @property
    def name(self) -> str: ...

    @property
    def is_idle(self) -> bool:
        """Whether a transcription would begin at once: guesses are made only then."""

    @property
    def out(self) -> tuple[str, ...]:
        """The names of the providers that others stand in for."""

    async def load(self) -> None:
        """Ready the model. Raises STTError."""

    async def transcribe(self, pcm: bytes) -> str:
        """The words in PCM16 mono at 16 kHz, "" for none. Raises STTError."""

    async def close(self) -> None: ...


class _OnOneThread:
    """A model that computes on a thread of its own: one transcription after another, whoever asks."""

    out = ()

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._waiting = 0

    @property
    def is_idle(self) -> bool:
        return self._waiting == 0

    async def load(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._executor, self._load)
        except Exception as error:
            raise STTError(f"the model could not be loaded: {error!r}", retryable=False) from error

    async def transcribe(self, pcm: bytes) -> str:
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(PATIENCE):
                return await loop.run_in_executor(self._executor, self._words, pcm)
        except TimeoutError as error:
            raise STTError("too slow", retryable=True) from error
        except Exception as error:
            raise STTError(type(error).__name__, retryable=True) from error
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _load(self) -> None:
        raise NotImplementedError

    def _words(self, pcm: bytes) -> str:
        raise NotImplementedError


class Moonshine(_OnOneThread):
    """moonshine tiny-en, which its wheel carries."""

    name = "moonshine"

    def __init__(self) -> None:
        super().__init__("moonshine")
        self._transcriber: Any = None

    def _load(self) -> None:
        from moonshine_voice import ModelArch, Transcriber, get_model_path

        # The engine finds where speech begins and ends; a second opinion only cuts sentences up.
        options = {"return_audio_data": "false", "vad_threshold": "0.0"}
        self._transcriber = Transcriber(str(get_model_path("tiny-en")), ModelArch.TINY, options=options)
        self._words(pcm_of(sample_of_speech()))

    def _words(self, pcm: bytes) -> str:
        samples = (np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768).tolist()
        transcript = self._transcriber.transcribe_without_streaming(samples, RATE)
        return without_quotes(" ".join(line.text.strip() for line in transcript.lines))


class FasterWhisper(_OnOneThread):
    """whisper through faster-whisper: more exact than moonshine and slower. Installed by requirements-whisper.txt."""

    name = "faster-whisper"

    def __init__(self, model_dir: str = "") -> None:
        super().__init__("faster-whisper")
        self._model_dir = model_dir
        self._model: Any = None

    def _load(self) -> None:
        # By name: it is no requirement of ours.
        faster_whisper = importlib.import_module("faster_whisper")
        found = find_model(self._model_dir)
        # It tells of each transcription.
        logging.getLogger("faster_whisper").setLevel(logging.WARNING)
        self._model = faster_whisper.WhisperModel(
            str(found.directory),
            files=found.files,
            device="cpu",
            compute_type="int8",
            cpu_threads=1,
            local_files_only=True,
        )
        self._words(pcm_of(sample_of_speech()))

    def _words(self, pcm: bytes) -> str:
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768
        # One attempt: those with a higher temperature would each take as long again, while the caller waits.
        segments, _ = self._model.transcribe(
            samples,
            beam_size=1,
            temperature=0.0,
            language="en",
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return " ".join(segment.text.strip() for segment in segments).strip()


class STTChain:
    """The first provider that answers; the next one when it fails, and from then on until it works again."""

    name = "chain"

    def __init__(self, providers: Sequence[STT]) -> None:
        self._providers = list(providers)
        self._bench = Bench(self._providers, trial=_try_speech, failure=STTError)

    @property
    def out(self) -> tuple[str, ...]:
        return self._bench.out

    @property
    def is_idle(self) -> bool:
        return bool(self._providers) and self._bench.in_order()[0].is_idle

    async def load(self) -> None:
        for provider in list(self._providers):
            try:
                await provider.load()
            except STTError as error:
                logger.warning("a provider could not be loaded", extra={"provider": provider.name, "error": str(error)})
                self._providers.remove(provider)
                await provider.close()
        if not self._providers:
            raise STTError("no provider could be loaded", retryable=False)
        self._bench = Bench(self._providers, trial=_try_speech, failure=STTError)

    async def transcribe(self, pcm: bytes) -> str:
        failure = STTError("no provider is left", retryable=False)
        for provider in self._bench.in_order():
            try:
                return await provider.transcribe(pcm)
            except STTError as error:
                self._bench.send_off(provider)
                failure = error
        raise failure

    async def close(self) -> None:
        await self._bench.close()
        for provider in self._providers:
            await provider.close()


async def _try_speech(provider: STT) -> None:
    await provider.transcribe(pcm_of(sample_of_speech()))


class FakeSTT:
    """Hears what the test says it hears, utterance by utterance; then nothing. `fails` of them raise first."""

    is_idle = True
    out = ()

    def __init__(self, *texts: str, name: str = "fake", fails: int = 0) -> None:
        self.name = name
        self.texts = list(texts)
        self.heard: list[int] = []
        self.fails = fails

    async def load(self) -> None:
        pass

    async def transcribe(self, pcm: bytes) -> str:
        self.heard.append(len(pcm))
        if self.fails:
            self.fails -= 1
            raise STTError("told to", retryable=True)
        return self.texts.pop(0) if self.texts else ""

    async def close(self) -> None:
        pass


def make_stt(names: Sequence[str], *, whisper_model_dir: str = "") -> STTChain:
    """The providers named, in this order. Raises ValueError for an unknown name."""
    chosen: list[STT] = []
    for name in names:
        if name == "moonshine":
            chosen.append(Moonshine())
        elif name == "faster-whisper":
            chosen.append(FasterWhisper(whisper_model_dir))
        else:
            raise ValueError(f"unknown STT provider: {name}")
    return STTChain(chosen)


def sample_of_speech() -> npt.NDArray[np.float32]:
    """Two seconds of somebody talking, 16 kHz: silence never reaches a decoder, and so warms nothing."""
    from moonshine_voice.utils import get_assets_path, load_wav_file

    samples, rate = load_wav_file(Path(get_assets_path()) / "beckett.wav")
    return np.asarray(samples[: 2 * rate], dtype=np.float32)


def pcm_of(speech: npt.NDArray[np.float32]) -> bytes:
    return (speech * 32767).astype("<i2").tobytes()


def without_quotes(text: str) -> str:
    """The text less the quotation marks that moonshine puts around speech it takes for a quotation."""
    return re.sub(r"[\"\u201c\u201d]|(?<!\w)'|'(?!\w)", "", text).strip()
