"""Speaks to the speech process: text goes out over HTTP, PCM16 comes back while it is still being made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import aiohttp

CONNECT_SECONDS: Final = 2.0
# Between two pieces of audio. A sentence takes a fraction of a second, behind a full queue a few.
SILENT_SECONDS: Final = 10.0
TOTAL_SECONDS: Final = 120.0
# Pauses before trying again, as long as nothing was heard: a restarted process drops connections that looked alive.
RETRY_AFTER: Final = (0.0, 0.3)
CHUNK_BYTES: Final = 8192


class SpeechError(Exception):
    """The speech process did not speak. `retryable` tells whether the same request may succeed in a moment."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


@dataclass(frozen=True)
class SpeechVoice:
    name: str
    language: str
    gender: str
    engine: str
    rate: int


class SpeechClient:
    """One per event loop, for all calls: it keeps the connections. Close it, or use it as a context."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def synthesize(
        self,
        text: str,
        *,
        voice: str | None,
        rate: int,
        pitch: float = 1.0,
        length_scale: float = 1.0,
        ahead: bool = False,
    ) -> bytes:
        """All of the speech, PCM16 at `rate`. Raises SpeechError."""
        pieces = self.stream(text, voice=voice, rate=rate, pitch=pitch, length_scale=length_scale, ahead=ahead)
        return b"".join([piece async for piece in pieces])

    async def stream(
        self,
        text: str,
        *,
        voice: str | None,
        rate: int,
        pitch: float = 1.0,
        length_scale: float = 1.0,
        ahead: bool = False,
    ) -> AsyncGenerator[bytes, None]:
        """The speech as it is made, in whole samples. Leaving the loop stops the work over there.

        `voice` None is the process's default; `ahead` lets whatever somebody waits for go first. Raises SpeechError.
        """
        body = {"text": text, "rate": rate, "pitch": pitch, "length_scale": length_scale, "ahead": ahead}
        if voice is not None:
            body["voice"] = voice

        heard = False
        for pause in (*RETRY_AFTER, None):
            try:
                async with aclosing(self._request(body)) as pieces:
                    async for piece in pieces:
                        heard = True
                        yield piece
                return
            except SpeechError as error:
                if heard or pause is None or not error.retryable:
                    raise
                await asyncio.sleep(pause)

    async def voices(self) -> list[SpeechVoice]:
        """The voices that the process has, its default first. Raises SpeechError."""
        try:
            async with self._open().get(f"{self._base_url}/voices") as response:
                if response.status != 200:
                    raise await _refusal(response)
                listed = (await response.json())["voices"]
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _lost(error) from error
        return [SpeechVoice(**voice) for voice in listed]

    async def healthy(self) -> bool:
        try:
            async with self._open().get(f"{self._base_url}/health") as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _request(self, body: dict[str, object]) -> AsyncGenerator[bytes, None]:
        odd = b""
        try:
            async with self._open().post(f"{self._base_url}/synthesize", json=body) as response:
                if response.status != 200:
                    raise await _refusal(response)
                async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                    audio = odd + chunk
                    whole = len(audio) - len(audio) % 2
                    odd = audio[whole:]
                    if whole:
                        yield audio[:whole]
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _lost(error) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS, connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def _refusal(response: aiohttp.ClientResponse) -> SpeechError:
    # The answer names what is wrong with the request; it does not repeat the text.
    reason = (await response.text())[:200]
    return SpeechError(f"{response.status} {reason}", retryable=response.status >= 500)


def _lost(error: Exception) -> SpeechError:
    return SpeechError(f"no answer from the speech process: {type(error).__name__}", retryable=True)
