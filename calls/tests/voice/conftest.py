from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from calls.tests.voice.stage import MemoryBus, Network, Record, StubHolder
from calls.voice.config import EngineConfig
from calls.voice.engine import Engine
from calls.voice.pipeline import Senses
from calls.voice.providers.stt import FakeSTT
from calls.voice.providers.tts import FakeTTS, TTSChain
from calls.voice.session import Outcome, SessionSpec
from calls.voice.turns import FakeTurnModels

FAKES = EngineConfig(prepared=0, has_embeddings=False)


@dataclass
class Stage:
    """An engine, the holder of one leg, and what was reported."""

    engine: Engine
    holder: StubHolder
    record: Record
    stt: FakeSTT
    tts: FakeTTS
    network: Network
    tasks: list[asyncio.Task[Outcome]]

    def converse(self, spec: SessionSpec) -> asyncio.Task[Outcome]:
        task = asyncio.create_task(self.engine.converse(spec, self.record))
        self.tasks.append(task)
        return task


@pytest.fixture
async def make_stage() -> AsyncIterator[Callable[..., object]]:
    stages: list[tuple[Stage, asyncio.Task[None]]] = []

    async def make(*, hears: tuple[str, ...] = (), config: EngineConfig = FAKES) -> Stage:
        network = Network()
        stt, tts = FakeSTT(*hears), FakeTTS()
        senses = Senses(FakeTurnModels(), stt, TTSChain([tts]))
        engine = Engine(bus=MemoryBus(network, "worker-1"), config=config, senses=senses)
        holder = StubHolder(MemoryBus(network, "gateway-1"))
        running = asyncio.create_task(holder.run())
        await engine.start()
        stage = Stage(engine, holder, Record(), stt, tts, network, [])
        stages.append((stage, running))
        return stage

    yield make
    for stage, running in stages:
        await stage.engine.close()
        await asyncio.gather(*stage.tasks, return_exceptions=True)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
