from __future__ import annotations

import asyncio
import os

import numpy as np
import pytest

from calls import bus
from calls.audio.speech_client import SpeechClient
from calls.tests.voice.endpoint import serve
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


class RealCall:
    """A call over the real bus, with real speech on both sides."""

    def __init__(self, speech_url: str, config: EngineConfig) -> None:
        self.holder: StubHolder
        self.record = Record()
        # Seconds from the caller's last sound to the agent's first.
        self.heard_after = 0.0
        self._url = speech_url
        self._config = config

    async def ask(self, question: str) -> None:
        """The whole call: the greeting, the question, the answer, and the hang-up."""
        prefix = bus.process_name("test")
        async with (
            bus.Bus(url=REDIS_URL, name="worker-1", prefix=prefix) as ours,
            bus.Bus(url=REDIS_URL, name="gateway-1", prefix=prefix) as theirs,
            SpeechClient(self._url) as caller,
        ):
            spoken = await caller.synthesize(question, voice=None, rate=8000, pitch=1.25)
            engine = Engine(bus=ours, config=self._config, senses=None)
            holder = StubHolder(theirs)
            running = asyncio.create_task(holder.run())
            await theirs.subscribed.wait()
            await engine.start()
            talk = asyncio.create_task(engine.converse(a_spec(), self.record))
            await until(lambda: len(self.record.turns) == 1, seconds=15)
            holder.say(spoken)
            ends_at = holder.frame + len(holder.to_say) // SIZE
            await until(lambda: len(self.record.turns) == 3, seconds=20)
            holder.end("user_hangup", "user")
            await talk
            await engine.close()
            await running
        reply = np.frombuffer(bytes(holder.agent[ends_at * SIZE :]), dtype="<i2")
        self.heard_after = float(np.flatnonzero(np.abs(reply.astype(np.int32)) > 400)[0]) / 8000


@pytest.mark.stack
async def test_real_speech_is_heard_and_answered(speech_url):
    call = RealCall(speech_url, EngineConfig(speech_url=speech_url))

    await call.ask("How much does a cleaning cost?")

    assert "cleaning" in call.record.turns[1][1].lower()
    assert "90 dollars" in call.record.turns[2][1]
    # Ten times what a quiet machine takes is still an answer; more is not.
    assert call.heard_after < 5


@pytest.mark.stack
async def test_an_endpoint_answers_real_speech(speech_url):
    async with serve() as endpoint:
        endpoint.words = ["A cleaning ", "costs ninety ", "dollars. ", "Shall I ", "book one?"]
        config = EngineConfig(speech_url=speech_url, llm="openai", llm_base_url=endpoint.url, llm_model="small-model")
        call = RealCall(speech_url, config)

        await call.ask("How much does a cleaning cost?")

    print(f"heard after {call.heard_after:.2f} s; {call.record.stages}")  # noqa: T201  # shown with pytest -s
    assert "cleaning" in call.record.turns[1][1].lower()
    assert len(set(endpoint.ports)) == 1
    assert call.record.turns[2] == ("agent", "A cleaning costs ninety dollars. Shall I book one?")
    assert call.heard_after < 5
