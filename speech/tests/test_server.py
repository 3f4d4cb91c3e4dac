# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side with a voice that is a tone, and one that can be held back."""

from __future__ import annotations

import asyncio
import threading
import wave
from io import BytesIO

import numpy as np
import pytest
from aiohttp.test_utils import TestClient, TestServer

from speech.pool import Pool
from speech.server import Speaker, make_app
from speech.voices import Piece


class FakeVoice:
    """Speaks a second of tone for each word, and only while the gate is open."""

    name = "fake"
    language = "en-US"
    gender = "female"
    engine = "fake"
    rate = 16000

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None

    def pieces(self, text):
        return [Piece(word, pause=0.25) for word in text.split() if word != "..."]

    def speak(self, piece, *, length_scale):
        assert self.gate.wait(5)
        if self.error is not None:
            raise self.error
        self.spoken.append(piece.content)
        seconds = length_scale
        tone = 8000 * np.sin(2 * np.pi * 400 / length_scale * np.arange(int(seconds * self.rate)) / self.rate)
        return np.concatenate([np.zeros(3200), tone, np.zeros(3200)]).astype(np.int16)


@pytest.fixture
def voice() -> FakeVoice:
    return FakeVoice()


@pytest.fixture
async def client(voice):
    with Pool(workers=1) as pool:
        app = make_app(Speaker(voices={"fake": voice}, pool=pool, max_requests=2))
        async with TestClient(TestServer(app, handler_cancellation=True)) as client:
            yield client


async def until_requests(client, count):
    for _ in range(500):
        if (await (await client.get("/health")).json())["requests"] == count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError


async def test_tells_its_health_and_its_voices(client):
    assert (await client.get("/health")).status == 200
    assert await (await client.get("/voices")).json() == {
        "voices": [{"name": "fake", "language": "en-US", "gender": "female", "engine": "fake", "rate": 16000}]
    }


async def test_speaks_at_the_wanted_rate_without_leading_silence(client):
    response = await client.post("/synthesize", json={"text": "one two", "rate": 8000})
    audio = np.frombuffer(await response.read(), dtype="<i2")

    assert response.status == 200
    assert response.headers["X-Sample-Rate"] == "8000"
    assert np.flatnonzero(np.abs(audio.astype(int)) > 300)[0] < 0.015 * 8000
    assert len(audio) / 8000 == pytest.approx(2 * (1 + 0.07) + 0.25, abs=0.02)


async def test_a_raised_pitch_keeps_its_tempo(client):
    response = await client.post("/synthesize", json={"text": "one", "rate": 8000, "pitch": 1.25})
    audio = np.frombuffer(await response.read(), dtype="<i2")

    assert len(audio) / 8000 == pytest.approx(1.06, abs=0.02)


async def test_repeats_come_from_the_cache(client, voice):
    first = await (await client.post("/synthesize", json={"text": "one two"})).read()

    second = await (await client.post("/synthesize", json={"text": "one two"})).read()

    assert first == second
    assert voice.spoken == ["one", "two"]


async def test_text_without_a_sound_is_empty_audio(client):
    response = await client.post("/synthesize", json={"text": "..."})

    assert response.status == 200
    assert await response.read() == b""


async def test_pipers_own_wire_format(client):
    response = await client.post("/", json={"text": "one", "voice": "fake"})

    body = await response.read()

    assert body[:4] == b"RIFF"
    assert body[40:44] == b"\xff" * 4
    with wave.open(BytesIO(body)) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (16000, 1, 2)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{", None),
        (b"[1]", None),
        (b"[" * 20000, None),
        (b"\xff", None),
        (b"{}", "text"),
        (b'{"text": " "}', "text"),
        (b'{"text": 3}', "text"),
        (b'{"text": "' + b"a" * 2001 + b'"}', "text"),
        (b'{"text": "a", "voice": "nobody"}', "voice"),
        (b'{"text": "a", "voice": []}', "voice"),
        (b'{"text": "a", "rate": true}', "rate"),
        (b'{"text": "a", "rate": 7999}', "rate"),
        (b'{"text": "a", "rate": 8000.5}', "rate"),
        (b'{"text": "a", "rate": 1e999}', "rate"),
        (b'{"text": "a", "pitch": NaN}', "pitch"),
        (b'{"text": "a", "pitch": "high"}', "pitch"),
        (b'{"text": "a", "length_scale": 0}', "length_scale"),
        (b'{"text": "a", "ahead": 1}', "ahead"),
    ],
)
async def test_refuses_bad_input(client, voice, body, param):
    response = await client.post("/synthesize", data=body)

    assert response.status == 400
    error = (await response.json())["error"]
    assert (error["code"], error["param"]) == ("bad_request", param)
    assert voice.spoken == []


async def test_unknown_paths_and_giants_get_json_too(client):
    assert (await (await client.get("/nothing")).json())["error"]["code"] == "http_error"
    assert (await client.post("/synthesize", data=b" " * 70_000)).status == 413


async def test_a_full_house_says_when_to_come_back(client, voice):
    voice.gate.clear()
    inside = [asyncio.ensure_future(client.post("/synthesize", json={"text": t})) for t in ("one", "two")]
    await until_requests(client, 2)

    refused = await client.post("/synthesize", json={"text": "three"})

    assert refused.status == 503
    assert refused.headers["Retry-After"] == "1"
    voice.gate.set()
    assert [r.status for r in await asyncio.gather(*inside)] == [200, 200]


async def test_the_work_stops_when_the_client_leaves(client, voice):
    voice.gate.clear()
    leaving = asyncio.ensure_future(client.post("/synthesize", json={"text": "one two three four"}))
    await until_requests(client, 1)

    leaving.cancel()
    await until_requests(client, 0)
    voice.gate.set()
    await (await client.post("/synthesize", json={"text": "five"})).read()

    assert "two" not in voice.spoken
    assert voice.spoken[-1] == "five"


async def test_a_voice_that_fails_is_a_500_and_the_next_one_speaks(client, voice, caplog):
    voice.error = RuntimeError("secret words")
    failed = await client.post("/synthesize", json={"text": "one"})
    voice.error = None

    assert failed.status == 500
    assert "secret" not in await failed.text()
    assert (await client.post("/synthesize", json={"text": "one"})).status == 200
