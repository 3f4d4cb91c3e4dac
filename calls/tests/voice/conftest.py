from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import aiohttp
import pytest

from calls.tests.voice.stage import MemoryBus, Network, Record, StubHolder
from calls.voice.config import EngineConfig
from calls.voice.engine import Engine
from calls.voice.pipeline import Senses
from calls.voice.providers.stt import FakeSTT, STTChain
from calls.voice.providers.tts import TTS, FakeTTS, TTSChain
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

    async def make(
        *,
        hears: tuple[str, ...] = (),
        config: EngineConfig = FAKES,
        second_stt: FakeSTT | None = None,
        second_tts: TTS | None = None,
    ) -> Stage:
        network = Network()
        stt, tts = FakeSTT(*hears), FakeTTS()
        listening = STTChain([stt, second_stt]) if second_stt else stt
        speaking = TTSChain([tts, second_tts] if second_tts else [tts], patience=0.5, last_patience=2.0)
        senses = Senses(FakeTurnModels(), listening, speaking)
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


class SpeechProcess:
    """A speech process of the test's own, which may be killed and started again."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "speech", "--port", str(self._port), stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(30):
            # Another process tells no event of ours.
            while not await self._is_up():  # noqa: ASYNC110
                await asyncio.sleep(0.2)

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _is_up(self) -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/health") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


@pytest.fixture
async def speech() -> AsyncIterator[SpeechProcess]:
    process = SpeechProcess()
    try:
        await process.start()
        yield process
    finally:
        await process.kill()


@pytest.fixture
def speech_url(speech: SpeechProcess) -> str:
    return speech.url
