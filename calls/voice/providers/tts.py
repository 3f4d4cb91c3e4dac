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

FLITE_SECONDS: Final = 10.0
# Phrases that are said again and again are kept: about 30 MB at 8 kHz.
KEPT_PHRASES: Final = 200
# Below this a sample counts as silence.
QUIET: Final = 330


class TTSError(Exception):
    """No speech. `retryable` tells whether the same text may succeed in a moment."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class TTS(Protocol):
    """Turns text into speech, for all calls of a process."""

    @property
    def name(self) -> str: ...

    def speak(self, text: str, *, voice: str, rate: int) -> AsyncGenerator[bytes, None]:
        """PCM16 mono at `rate`, as it is made. Raises TTSError."""

    async def close(self) -> None: ...


class Piper:
    """The speech process."""

    name = "piper"

    def __init__(self, url: str) -> None:
        self._client = SpeechClient(url)

    async def speak(self, text: str, *, voice: str, rate: int) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(self._client.stream(text, voice=voice or None, rate=rate)) as pieces:
                async for piece in pieces:
                    yield piece
        except SpeechError as error:
            raise TTSError(str(error), retryable=error.retryable) from error

    async def close(self) -> None:
        await self._client.close()


class Flite:
    """The `flite` program, where it is installed. It has a voice of its own."""

    name = "flite"

    async def speak(self, text: str, *, voice: str, rate: int) -> AsyncGenerator[bytes, None]:
        with tempfile.TemporaryDirectory(prefix="flite-") as folder:
            sound = Path(folder) / "speech.wav"
            # The text goes through standard input: a command line is for all to see.
            program = await asyncio.create_subprocess_exec(
                "flite", "-voice", "slt", "-f", "/dev/stdin", "-o", str(sound), stdin=asyncio.subprocess.PIPE
            )
            try:
                async with asyncio.timeout(FLITE_SECONDS):
                    await program.communicate(text.encode())
                pcm = await asyncio.to_thread(_wav_at, sound, rate)
            except (TimeoutError, OSError, EOFError, wave.Error) as error:
                raise TTSError(f"flite: {type(error).__name__}", retryable=True) from error
            finally:
                if program.returncode is None:
                    program.kill()
                    await program.wait()
        yield pcm

    async def close(self) -> None:
        pass


def _wav_at(path: Path, rate: int) -> bytes:
    with wave.open(str(path)) as sound:
        return resample(sound.readframes(sound.getnframes()), from_rate=sound.getframerate(), to_rate=rate)


class TTSChain:
    """The first provider that speaks; the next one when it fails before its first sound. Keeps prepared phrases."""

    name = "chain"

    def __init__(self, providers: Sequence[TTS]) -> None:
        self._providers = list(providers)
        self._kept: OrderedDict[tuple[str, str, int], bytes] = OrderedDict()

    def has_ready(self, text: str, *, voice: str, rate: int) -> bool:
        return (text, voice, rate) in self._kept

    async def prepare(self, text: str, *, voice: str, rate: int) -> None:
        """Have this phrase ready. A failure shows when it is spoken."""
        if (text, voice, rate) in self._kept:
            return
        try:
            pcm = b"".join([piece async for piece in self.speak(text, voice=voice, rate=rate)])
        except TTSError:
            return
        self._kept[text, voice, rate] = pcm
        while len(self._kept) > KEPT_PHRASES:
            self._kept.popitem(last=False)

    async def speak(self, text: str, *, voice: str, rate: int) -> AsyncGenerator[bytes, None]:
        kept = self._kept.get((text, voice, rate))
        if kept is not None:
            self._kept.move_to_end((text, voice, rate))
            yield kept
            return
        failure = TTSError("no provider", retryable=False)
        for provider in self._providers:
            has_sound = False
            try:
                async with aclosing(provider.speak(text, voice=voice, rate=rate)) as pieces:
                    async for piece in pieces:
                        audio = piece if has_sound else without_leading_silence(piece)
                        if audio:
                            has_sound = True
                            yield audio
                if has_sound:
                    return
                failure = TTSError("silence", retryable=False)
            except TTSError as error:
                if has_sound:
                    raise
                failure = error
        raise failure

    async def close(self) -> None:
        for provider in self._providers:
            await provider.close()


def without_leading_silence(pcm: bytes) -> bytes:
    """Nobody needs to wait for a voice that has not begun."""
    loud = np.flatnonzero(np.abs(samples_of(pcm).astype(np.int32)) > QUIET)
    return pcm[int(loud[0]) * 2 :] if loud.size else b""


class FakeTTS:
    """A tone, some 30 ms a character. `fails` utterances raise first; none is made before `may_speak`."""

    name = "fake"
    MS_A_CHARACTER = 30

    def __init__(self, *, fails: int = 0) -> None:
        self.spoken: list[str] = []
        self.fails = fails
        self.may_speak = asyncio.Event()
        self.may_speak.set()

    async def speak(self, text: str, *, voice: str, rate: int) -> AsyncGenerator[bytes, None]:
        if self.fails:
            self.fails -= 1
            raise TTSError("told to", retryable=True)
        await self.may_speak.wait()
        self.spoken.append(text)
        samples = len(text) * self.MS_A_CHARACTER * rate // 1000
        tone = 8000 * np.sin(2 * np.pi * 440 * np.arange(samples) / rate + 0.5)
        yield tone.astype("<i2").tobytes()

    async def close(self) -> None:
        pass


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
