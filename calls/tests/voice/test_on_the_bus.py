from __future__ import annotations

import asyncio
import os

import numpy as np
import pytest

from calls import bus
from calls.audio.speech_client import SpeechClient
from calls.tests.voice.stage import SIZE, Record, StubHolder, a_spec, noise, until
from calls.voice.config import EngineConfig
from calls.voice.engine import Engine
from calls.voice.pipeline import Senses
from calls.voice.providers.stt import FakeSTT
from calls.voice.providers.tts import FakeTTS, TTSChain
from calls.voice.turns import FakeTurnModels

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")


async def test_a_conversation_over_the_real_bus():
    prefix = bus.process_name("test")
    senses = Senses(FakeTurnModels(), FakeSTT("How much is a cleaning?"), TTSChain([FakeTTS()]))
    async with (
        bus.Bus(url=REDIS_URL, name="worker-1", prefix=prefix) as ours,
        bus.Bus(url=REDIS_URL, name="gateway-1", prefix=prefix) as theirs,
    ):
        engine = Engine(bus=ours, config=EngineConfig(prepared=1, has_embeddings=False), senses=senses)
        holder, record = StubHolder(theirs), Record()
        running = asyncio.create_task(holder.run())
        await theirs.subscribed.wait()
        await engine.start()
        talk = asyncio.create_task(engine.converse(a_spec(), record))
        await until(lambda: len(record.turns) == 1)
        holder.say(noise(0.8))
        await until(lambda: len(record.turns) == 3)
        holder.end("user_hangup", "user")
        outcome = await talk
        await engine.close()
        await running

    assert outcome.reason == "user_hangup"
    assert "90 dollars" in record.turns[2][1]


@pytest.mark.stack
async def test_real_speech_is_heard_and_answered(speech_url):
    prefix = bus.process_name("test")
    async with (
        bus.Bus(url=REDIS_URL, name="worker-1", prefix=prefix) as ours,
        bus.Bus(url=REDIS_URL, name="gateway-1", prefix=prefix) as theirs,
        SpeechClient(speech_url) as caller,
    ):
        question = await caller.synthesize("How much is a cleaning?", voice=None, rate=8000, pitch=1.25)
        engine = Engine(bus=ours, config=EngineConfig(speech_url=speech_url), senses=None)
        holder, record = StubHolder(theirs), Record()
        running = asyncio.create_task(holder.run())
        await theirs.subscribed.wait()
        await engine.start()
        talk = asyncio.create_task(engine.converse(a_spec(), record))
        await until(lambda: len(record.turns) == 1, seconds=15)
        holder.say(question)
        ends_at = holder.frame + len(holder.to_say) // SIZE
        await until(lambda: len(record.turns) == 3, seconds=20)
        holder.end("user_hangup", "user")
        await talk
        await engine.close()
        await running

    assert "cleaning" in record.turns[1][1].lower()
    assert "90 dollars" in record.turns[2][1]
    reply = np.frombuffer(bytes(holder.agent[ends_at * SIZE :]), dtype="<i2")
    heard_after = float(np.flatnonzero(np.abs(reply.astype(np.int32)) > 400)[0]) / 8
    # Ten times what a quiet machine takes is still an answer; more is not.
    assert heard_after < 5000
