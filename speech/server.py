# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side: health, voices, and speech that is streamed piece by piece as it is made."""

from __future__ import annotations

import asyncio
import ctypes
import json
import logging
import struct
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from speech.cache import PhraseCache
from speech.pool import Pool, Urgency
from speech.requests import BadRequest, Wish, parse_wish
from speech.sound import convert, silence, trim
from speech.voices import Piece, Voice

log = logging.getLogger(__name__)

MAX_REQUESTS: Final = 32
CACHE_BYTES: Final = 64 * 1024 * 1024
# A client that reads slower than it can listen is stuck, and holds a place in the queue.
REQUEST_SECONDS: Final = 120
WAV_LENGTH_UNKNOWN: Final = 0xFFFFFFFF

_Header = Callable[[int], bytes]


class Speaker:
    """Turns wishes into audio: from the cache where it can, else on the pool's threads."""

    def __init__(self, *, voices: Mapping[str, Voice], pool: Pool, max_requests: int = MAX_REQUESTS) -> None:
        self.voices = voices
        self.max_requests = max_requests
        self.requests = 0
        self._pool = pool
        self._cache = PhraseCache(max_bytes=CACHE_BYTES)

    async def speak(self, wish: Wish) -> AsyncIterator[bytes]:
        """PCM16 at the wished rate, a piece at a time. The first sound comes at once: leading silence is cut."""
        pause = 0.0
        urgency = Urgency.AHEAD if wish.ahead else Urgency.FIRST_PIECE
        for piece in await self._pieces(wish, urgency):
            audio = await self._piece(wish, piece, urgency)
            yield silence(pause, wish.rate) + audio
            pause = piece.pause * wish.length_scale
            urgency = max(urgency, Urgency.LATER_PIECE)

    async def _pieces(self, wish: Wish, urgency: Urgency) -> list[Piece]:
        return await self._pool.run(lambda: wish.voice.pieces(wish.text), urgency=urgency)

    async def _piece(self, wish: Wish, piece: Piece, urgency: Urgency) -> bytes:
        key = (wish.voice.name, piece.content, wish.rate, wish.length_scale, wish.pitch)
        audio = self._cache.get(key)
        if audio is None:
            audio = await self._pool.run(lambda: _make(wish, piece), urgency=urgency)
            self._cache.put(key, audio)
        return audio


def _make(wish: Wish, piece: Piece) -> bytes:
    # Raising the pitch also shortens: speak slower first by as much.
    samples = wish.voice.speak(piece, length_scale=wish.length_scale * wish.pitch)
    trimmed = trim(samples, wish.voice.rate)
    return convert(trimmed, made_at=wish.voice.rate, pitch=wish.pitch, rate=wish.rate).tobytes()


SPEAKER = web.AppKey("speaker", Speaker)


async def health(request: web.Request) -> web.Response:
    speaker = request.app[SPEAKER]
    return web.json_response({"status": "ok", "requests": speaker.requests})


async def voices(request: web.Request) -> web.Response:
    listed = [
        {"name": v.name, "language": v.language, "gender": v.gender, "engine": v.engine, "rate": v.rate}
        for v in request.app[SPEAKER].voices.values()
    ]
    return web.json_response({"voices": listed})


async def synthesize(request: web.Request) -> web.StreamResponse:
    """Raw PCM16 mono, little-endian."""
    return await _answer(request, content_type="audio/pcm", header=lambda rate: b"")


async def synthesize_wav(request: web.Request) -> web.StreamResponse:
    """The wire format of piper's own HTTP server, a WAV, for clients that were written for it."""
    return await _answer(request, content_type="audio/wav", header=_wav_header)


async def _answer(request: web.Request, *, content_type: str, header: _Header) -> web.StreamResponse:
    speaker = request.app[SPEAKER]
    if speaker.requests >= speaker.max_requests:
        return _error(503, "busy", "Too many requests at once.", headers={"Retry-After": "1"})

    speaker.requests += 1
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            return await _stream(request, speaker, content_type, header)
    except BadRequest as error:
        return _error(400, "bad_request", error.message, param=error.param)
    finally:
        speaker.requests -= 1
        if speaker.requests == 0:
            _give_back_memory()


def _give_back_memory() -> None:
    """Hand freed memory to the system: glibc by itself keeps what the longest sentences took, 100 MB and more."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


async def _stream(request: web.Request, speaker: Speaker, content_type: str, header: _Header) -> web.StreamResponse:
    started = time.perf_counter()
    wish = parse_wish(await _json(request), speaker.voices)
    pieces = aiter(speaker.speak(wish))
    # What fails with the first piece can still be answered with a status.
    first = await anext(pieces, b"")

    response = web.StreamResponse(headers={"X-Sample-Rate": str(wish.rate), "Content-Type": content_type})
    await response.prepare(request)
    await response.write(header(wish.rate) + first)
    first_at = time.perf_counter()
    total = len(first)
    async for audio in pieces:
        await response.write(audio)
        total += len(audio)
    await response.write_eof()
    log.info(
        "spoke voice=%s first_ms=%d total_ms=%d audio_ms=%d",
        wish.voice.name,
        (first_at - started) * 1000,
        (time.perf_counter() - started) * 1000,
        total / 2 / wish.rate * 1000,
    )
    return response


async def _json(request: web.Request) -> object:
    try:
        body: object = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise BadRequest("The body must be a JSON object.") from None
    return body


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _error(error.status, "http_error", error.reason)
    except TimeoutError:
        return _error(504, "timeout", "This took too long.")
    except ConnectionResetError:
        raise
    except Exception:
        log.exception("could not speak")
        return _error(500, "internal_error", "The voice failed.")


def _error(
    status: int, code: str, message: str, *, param: str | None = None, headers: Mapping[str, str] | None = None
) -> web.Response:
    body = {"error": {"code": code, "message": message, "param": param}}
    return web.json_response(body, status=status, headers=headers)


def _wav_header(rate: int) -> bytes:
    format_chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    riff = struct.pack("<4sI4s", b"RIFF", WAV_LENGTH_UNKNOWN, b"WAVE")
    return riff + format_chunk + struct.pack("<4sI", b"data", WAV_LENGTH_UNKNOWN)


def make_app(speaker: Speaker) -> web.Application:
    app = web.Application(client_max_size=64 * 1024, middlewares=[errors_as_json])
    app[SPEAKER] = speaker
    app.router.add_get("/health", health)
    app.router.add_get("/voices", voices)
    app.router.add_post("/synthesize", synthesize)
    app.router.add_post("/", synthesize_wav)
    return app
