"""The speech process dies in the middle of a call, and flite speaks until it is back."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from calls import bus
from calls.tests.voice.stage import SIZE, MemoryBus, Network, Record, StubHolder, a_spec, until
from calls.voice.config import EngineConfig
from calls.voice.engine import Engine
from calls.voice.pipeline import Senses
from calls.voice.providers.stt import FakeSTT
from calls.voice.providers.tts import Flite, make_tts
from calls.voice.turns import FakeTurnModels


@pytest.mark.system
async def test_flite_speaks_any_text():
    spoken = {}
    for voice in ("joe", "flite-slt"):
        text = "-o Hello; $(id) it costs 90 dollars."
        spoken[voice] = b"".join([pcm async for pcm in Flite().speak(text, voice=voice, rate=8000)])

    seconds = {voice: len(pcm) / 16000 for voice, pcm in spoken.items()}
    assert all(1.5 < length < 8 for length in seconds.values())
    assert spoken["joe"] != spoken["flite-slt"]
    assert np.abs(np.frombuffer(spoken["joe"], dtype="<i2").astype(np.int32)).max() > 3000


@pytest.mark.system
async def test_flite_stands_in_while_the_speech_process_is_away(speech):
    network = Network()
    tts = make_tts(("piper", "flite"), speech_url=speech.url)
    engine = Engine(
        bus=MemoryBus(network, "worker-1"),
        config=EngineConfig(prepared=0, has_embeddings=False),
        senses=Senses(FakeTurnModels(), FakeSTT(), tts),
    )
    holder, record = StubHolder(MemoryBus(network, "gateway-1")), Record()
    running = asyncio.create_task(holder.run())
    await engine.start()
    talk = asyncio.create_task(engine.converse(a_spec(first_message="Hello."), record))
    await until(lambda: len(record.turns) == 1, seconds=15)

    async def say(text: str) -> float:
        """Have it said; gives the seconds until its first sound was sent."""
        begun, started = asyncio.get_running_loop().time(), len(record.started)
        holder.bus.send("worker-1", bus.Say("call_1", 0, text))
        await until(lambda: len(record.started) > started, seconds=10)
        first = asyncio.get_running_loop().time() - begun
        await until(lambda: not holder.agent_is_sounding and record.ended[-1:] and record.ended[-1][0] == holder.newest)
        return first

    await speech.kill()
    waits = [await say("We are open today until five."), await say("Tomorrow we are closed.")]
    heeded_meanwhile = list(record.heeded)
    await speech.start()
    await until(lambda: tts.out == (), seconds=10)
    await say("On Monday we are open again.")
    holder.end("user_hangup", "user")
    outcome = await talk
    await running
    await engine.close()
    print(f"first sound after {waits[0]:.2f} s, then {waits[1]:.2f} s")  # noqa: T201  # shown with pytest -s

    assert waits[0] < 3
    assert waits[1] < 2
    assert heeded_meanwhile == record.heeded == [("provider_failed", "tts piper")]
    assert outcome.reason == "user_hangup"
    assert len(holder.agent.strip(b"\0")) > 100 * SIZE
