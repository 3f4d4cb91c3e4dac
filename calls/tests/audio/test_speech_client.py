"""The client against a real HTTP server that plays the speech process, well behaved and not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from calls.audio import speech_client
from calls.audio.speech_client import SpeechClient, SpeechError, SpeechVoice

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def speaking_to(handler: Handler) -> AsyncIterator[SpeechClient]:
    app = web.Application()
    app.router.add_post("/synthesize", handler)
    app.router.add_get("/voices", handler)
    app.router.add_get("/health", handler)
    async with TestServer(app) as server, SpeechClient(str(server.make_url("/"))) as client:
        yield client


async def test_sends_what_is_wanted_and_gives_back_whole_samples():
    asked = []

    async def handler(request):
        asked.append(await request.json())
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in (b"abc", b"def", b"gh"):
            await response.write(piece)
            await asyncio.sleep(0)
        return response

    async with speaking_to(handler) as client:
        pieces = [p async for p in client.stream("Hello.", voice="joe", rate=8000, pitch=1.3, ahead=True)]

    assert b"".join(pieces) == b"abcdefgh"
    assert [len(p) % 2 for p in pieces] == [0] * len(pieces)
    assert asked == [{"text": "Hello.", "voice": "joe", "rate": 8000, "pitch": 1.3, "length_scale": 1.0, "ahead": True}]


async def test_a_refusal_is_not_tried_again():
    asked = []

    async def handler(request):
        asked.append(request.path)
        return web.json_response({"error": {"code": "bad_request"}}, status=400)

    async with speaking_to(handler) as client:
        with pytest.raises(SpeechError, match="400") as raised:
            await client.synthesize("Hello.", voice=None, rate=8000)

    assert not raised.value.retryable
    assert asked == ["/synthesize"]


async def test_a_full_queue_is_tried_again(monkeypatch):
    monkeypatch.setattr(speech_client, "RETRY_AFTER", (0.0, 0.0))
    asked = []

    async def handler(request):
        asked.append(request.path)
        return web.Response(status=503) if len(asked) < 3 else web.Response(body=b"ab")

    async with speaking_to(handler) as client:
        assert await client.synthesize("Hello.", voice=None, rate=8000) == b"ab"

    assert len(asked) == 3


async def test_gives_up_in_the_end(monkeypatch):
    monkeypatch.setattr(speech_client, "RETRY_AFTER", (0.0,))
    asked = []

    async def handler(request):
        asked.append(request.path)
        return web.Response(status=500)

    async with speaking_to(handler) as client:
        with pytest.raises(SpeechError) as raised:
            await client.synthesize("Hello.", voice=None, rate=8000)

    assert raised.value.retryable
    assert len(asked) == 2


async def test_what_broke_off_is_not_begun_again():
    asked = []

    async def handler(request):
        asked.append(request.path)
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"abcd")
        await asyncio.sleep(0.01)
        request.transport.abort()
        return response

    async with speaking_to(handler) as client:
        pieces = client.stream("Hello.", voice=None, rate=8000)
        assert await anext(pieces) == b"abcd"
        with pytest.raises(SpeechError):
            await anext(pieces)

    assert len(asked) == 1


async def test_nobody_there(monkeypatch, unused_tcp_port):
    monkeypatch.setattr(speech_client, "RETRY_AFTER", ())

    async with SpeechClient(f"http://127.0.0.1:{unused_tcp_port}") as client:
        assert not await client.healthy()
        with pytest.raises(SpeechError) as raised:
            await client.synthesize("Hello.", voice=None, rate=8000)

    assert raised.value.retryable


async def test_lists_the_voices():
    listed = {"name": "joe", "language": "en-US", "gender": "male", "engine": "piper", "rate": 22050}

    async def handler(request):
        return web.json_response({"voices": [listed]})

    async with speaking_to(handler) as client:
        assert await client.voices() == [SpeechVoice(**listed)]
        assert await client.healthy()
