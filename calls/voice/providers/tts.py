"""Text to speech: what a provider is, the ones there are, and how one stands in for another.

A provider is one class with `speak`; a new one is a copy of its neighbour and a line in `make_tts`.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import wave
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from calls.audio.levels import samples_of
from calls.audio.resample import resample
from calls.audio.speech_client import SpeechClient, SpeechError
from calls.voice.providers.bench import Bench

FLITE_SECONDS: Final = 10.0
# Phrases that are said again and again are kept: about 30 MB at 8 kHz.
KEPT_PHRASES: Final = 200
# Below this a sample counts as silence.
QUIET: Final = 330
# With no sound for this long, the next provider has the word.
PATIENCE: Final = 4.0
# When all have failed they are asked anew for so long: a program that died is back in some seconds.
LAST_PATIENCE: Final = 8.0
ANEW_AFTER: Final = 0.5
TRIAL_WORDS: Final = "All is well."


class TTSError(Exception):
    """No speech. `retryable` tells whether the same text may succeed in a moment."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class TTS(Protocol):
    """Turns text into speech, for all calls of a process."""

    @property
    def name(self) -> str: ...

    def speak(self, text: str, *, voice: str, rate: int, speed: float = 1.0) -> AsyncGenerator[bytes, None]:
        """PCM16 mono at `rate`, as it is made; `speed` 2 takes half as long. Raises TTSError."""

    async def close(self) -> None: ...


class Piper:
    """The speech process."""

    name = "piper"

    def __init__(self, url: str) -> None:
        self._client = SpeechClient(url)

    async def speak(self, text: str, *, voice: str, rate: int, speed: float = 1.0) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(
                self._client.stream(text, voice=voice or None, rate=rate, length_scale=1 / speed)
            ) as pieces:
                async for piece in pieces:
                    yield piece
        except SpeechError as error:
            raise TTSError(str(error), retryable=error.retryable) from error

    async def close(self) -> None:
        await self._client.close()


class Flite:
    """The `flite` program, where it is installed. It has voices of its own: `flite-slt` and the like; for any other
    voice a man's speaks, as the speech process's default is one."""

    name = "flite"

    async def speak(self, text: str, *, voice: str, rate: int, speed: float = 1.0) -> AsyncGenerator[bytes, None]:
        speaker = voice.removeprefix("flite-") if voice.startswith("flite-") else "rms"
        with tempfile.TemporaryDirectory(prefix="flite-") as folder:
            sound = Path(folder) / "speech.wav"
            try:
                await _run_flite(speaker, text, sound, speed=speed)
                pcm = await asyncio.to_thread(_wav_at, sound, rate)
            except (TimeoutError, OSError, EOFError, wave.Error) as error:
                raise TTSError(f"flite: {type(error).__name__}", retryable=True) from error
        yield pcm

    async def close(self) -> None:
        pass


async def _run_flite(speaker: str, text: str, sound: Path, *, speed: float) -> None:
    # The text goes through standard input: a command line is for all to see.
    argv = [
        "flite",
        "-voice",
        speaker,
        "--setf",
        f"duration_stretch={1 / speed:.3f}",
        "-f",
        "/dev/stdin",
        "-o",
        str(sound),
    ]
    program = await asyncio.create_subprocess_exec(*argv, stdin=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(FLITE_SECONDS):
            await program.communicate(text.encode())
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()


def _wav_at(path: Path, rate: int) -> bytes:
    with wave.open(str(path)) as sound:
        return resample(sound.readframes(sound.getnframes()), from_rate=sound.getframerate(), to_rate=rate)


class TTSChain:
    """The first provider that speaks; the next one when it fails, and from then on until it works again.

    Keeps prepared phrases.
    """

    name = "chain"

    def __init__(
        self, providers: Sequence[TTS], *, patience: float = PATIENCE, last_patience: float = LAST_PATIENCE
    ) -> None:
        self._patience = patience
        self._last_patience = last_patience
        self._best = providers[0].name if providers else ""
        self._providers = list(providers)
        self._bench = Bench(self._providers, trial=_try_words, failure=TTSError)
        self._kept: OrderedDict[tuple[str, str, int, float], bytes] = OrderedDict()

    @property
    def out(self) -> tuple[str, ...]:
        """The names of the providers that others stand in for."""
        return self._bench.out

    def has_ready(self, text: str, *, voice: str, rate: int, speed: float = 1.0) -> bool:
        return (text, voice, rate, speed) in self._kept

    async def prepare(self, text: str, *, voice: str, rate: int, speed: float = 1.0) -> None:
        """Have this phrase ready. A failure shows when it is spoken."""
        if (text, voice, rate, speed) in self._kept:
            return
        try:
            pcm = b"".join([piece async for piece in self.speak(text, voice=voice, rate=rate, speed=speed)])
        except TTSError:
            return
        if self._best in self.out:
            # A stand-in's voice is not to be heard longer than it stands in.
            return
        self._kept[text, voice, rate, speed] = pcm
        while len(self._kept) > KEPT_PHRASES:
            self._kept.popitem(last=False)

    async def speak(self, text: str, *, voice: str, rate: int, speed: float = 1.0) -> AsyncGenerator[bytes, None]:
        """The speech as it is made. After a TTSError in its midst, the rest may be asked for: another speaks it."""
        kept = self._kept.get((text, voice, rate, speed))
        if kept is not None:
            self._kept.move_to_end((text, voice, rate, speed))
            yield kept
            return
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._last_patience
        while True:
            failure = TTSError("no provider", retryable=False)
            for provider in self._bench.in_order():
                has_sound = False
                try:
                    async with aclosing(self._ask(provider, text, voice=voice, rate=rate, speed=speed)) as pieces:
                        async for audio in pieces:
                            has_sound = True
                            yield audio
                    return
                except TTSError as error:
                    if error.retryable:
                        self._bench.send_off(provider)
                    if has_sound:
                        raise
                    failure = error
            if not failure.retryable or loop.time() + ANEW_AFTER > give_up_at:
                raise failure
            await asyncio.sleep(ANEW_AFTER)

    async def _ask(
        self, provider: TTS, text: str, *, voice: str, rate: int, speed: float
    ) -> AsyncGenerator[bytes, None]:
        """This provider's speech from its first sound on. Raises TTSError."""
        has_sound = False
        async with aclosing(
            _in_time(provider.speak(text, voice=voice, rate=rate, speed=speed), self._patience)
        ) as pieces:
            async for piece in pieces:
                audio = piece if has_sound else without_leading_silence(piece)
                if audio:
                    has_sound = True
                    yield audio
        if not has_sound:
            raise TTSError("silence", retryable=False)

    async def close(self) -> None:
        await self._bench.close()
        for provider in self._providers:
            await provider.close()


async def _in_time(pieces: AsyncGenerator[bytes, None], patience: float) -> AsyncGenerator[bytes, None]:
    """The same pieces. Raises TTSError where one is too long in coming."""
    async with aclosing(pieces):
        while True:
            try:
                async with asyncio.timeout(patience):
                    piece = await anext(pieces, None)
            except TimeoutError as error:
                raise TTSError("too slow", retryable=True) from error
            if piece is None:
                return
            yield piece


async def _try_words(provider: TTS) -> None:
    async with aclosing(provider.speak(TRIAL_WORDS, voice="", rate=8000)) as pieces:
        if not [piece async for piece in pieces]:
            raise TTSError("silence", retryable=True)


def without_leading_silence(pcm: bytes) -> bytes:
    """Nobody needs to wait for a voice that has not begun."""
    loud = np.flatnonzero(np.abs(samples_of(pcm).astype(np.int32)) > QUIET)
    return pcm[int(loud[0]) * 2 :] if loud.size else b""


class FakeTTS:
    """A tone, some 30 ms a character. `fails` utterances raise first, all while `is_gone`; none is made before
    `may_speak`. With `breaks_after` that many milliseconds come before each failure."""

    MS_A_CHARACTER = 30

    def __init__(self, *, name: str = "fake", fails: int = 0, breaks_after: int = 0) -> None:
        self.name = name
        self.spoken: list[str] = []
        self.fails = fails
        self.is_gone = False
        self.breaks_after = breaks_after
        self.may_speak = asyncio.Event()
        self.may_speak.set()

    async def speak(self, text: str, *, voice: str, rate: int, speed: float = 1.0) -> AsyncGenerator[bytes, None]:
        if self.fails or self.is_gone:
            self.fails = max(0, self.fails - 1)
            if self.breaks_after:
                yield self._tone(self.breaks_after, rate)
            raise TTSError("told to", retryable=True)
        await self.may_speak.wait()
        self.spoken.append(text)
        yield self._tone(round(len(text) * self.MS_A_CHARACTER / speed), rate)

    async def close(self) -> None:
        pass

    def _tone(self, ms: int, rate: int) -> bytes:
        tone = 8000 * np.sin(2 * np.pi * 440 * np.arange(ms * rate // 1000) / rate + 0.5)
        return tone.astype("<i2").tobytes()


def make_tts(names: Sequence[str], *, speech_url: str) -> TTSChain:
    """The providers named that are there, in this order. Raises ValueError for an unknown name."""
    chosen: list[TTS] = []
    for name in names:
        if name == "piper":
            chosen.append(Piper(speech_url))
        elif name == "flite":
            if shutil.which("flite"):
                chosen.append(Flite())
        else:
            raise ValueError(f"unknown TTS provider: {name}")
    return TTSChain(chosen)
