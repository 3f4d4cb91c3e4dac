from __future__ import annotations

import asyncio
import os

import msgpack
import pytest
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from calls import bus
from calls.bus import Bus, Heard, LegState, Speech

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")


@pytest.fixture
def prefix() -> str:
    return bus.process_name("test")


def test_every_kind_of_item_survives_the_wire():
    for kind in bus.Item.kinds.values():
        values = {"call": "call_1", "token": 3, "pcm": b"\x01\x02" * 160, "is_last": True, "is_over": True}
        item = kind(*(values.get(name, 7) for name in bus._fields(kind)))

        assert bus.decode(bus.encode("gateway-1", [item])) == ("gateway-1", [item])


def test_an_item_of_a_newer_process_is_passed_over():
    message = msgpack.packb(["gateway-1", [["Hologram", "call_1", 3], Heard("call_1", 3, 0, b"").pack()]])

    assert bus.decode(message) == ("gateway-1", [Heard("call_1", 3, 0, b"")])


@pytest.mark.parametrize("message", [b"", b"\xc1", b"hello", msgpack.packb([1, 2, 3]), msgpack.packb(["a", [[]]])])
def test_what_is_no_batch_is_refused(message):
    with pytest.raises(ValueError, match="not a batch"):
        bus.decode(message)


async def _batches(receiver: Bus, number: int) -> list[tuple[str, list[bus.Item]]]:
    """The next so many."""
    batches: list[tuple[str, list[bus.Item]]] = []
    async for batch in receiver.receive():
        batches.append(batch)
        if len(batches) == number:
            break
    return batches


async def test_a_tick_travels_as_one_batch(prefix):
    async with (
        Bus(url=REDIS_URL, name="worker-1", prefix=prefix) as worker,
        Bus(url=REDIS_URL, name="gateway-1", prefix=prefix) as gateway,
    ):
        received = asyncio.create_task(_batches(gateway, 1))
        await gateway.subscribed.wait()

        worker.send("gateway-1", Speech("call_1", 1, 1, b"ab", is_last=False))
        worker.send("gateway-1", Speech("call_2", 5, 1, b"cd", is_last=True))
        counts = await worker.flush()

        assert counts == {"gateway-1": 1}
        assert await received == [
            (
                "worker-1",
                [Speech("call_1", 1, 1, b"ab", is_last=False), Speech("call_2", 5, 1, b"cd", is_last=True)],
            )
        ]


async def test_a_receiver_that_is_not_there_counts_zero(prefix):
    async with Bus(url=REDIS_URL, name="gateway-1", prefix=prefix) as gateway:
        gateway.send("worker-gone", LegState("call_1", 1, "ringing"))

        assert await gateway.flush() == {"worker-gone": 0}
        assert await gateway.flush() == {}


async def test_without_redis_nothing_queued_is_lost(prefix):
    async with Bus(url="redis://127.0.0.1:1/0", name="gateway-1", prefix=prefix) as gateway:
        gateway.send("worker-1", LegState("call_1", 1, "ringing"))

        with pytest.raises(bus.BusAway):
            await gateway.flush()
        gateway.send("worker-1", LegState("call_1", 1, "answered"))
        with pytest.raises(bus.BusAway):
            await gateway.flush()

        async with Bus(url=REDIS_URL, name="worker-1", prefix=prefix) as worker:
            received = asyncio.create_task(_batches(worker, 2))
            await worker.subscribed.wait()
            gateway._redis = Redis.from_url(REDIS_URL)
            assert await gateway.flush() == {"worker-1": 1}
            assert await received == [
                ("gateway-1", [LegState("call_1", 1, "ringing")]),
                ("gateway-1", [LegState("call_1", 1, "answered")]),
            ]


async def test_what_was_heard_without_a_reply_is_not_heard_twice(prefix, monkeypatch):
    async with (
        Bus(url=REDIS_URL, name="worker-1", prefix=prefix) as worker,
        Bus(url=REDIS_URL, name="gateway-1", prefix=prefix) as gateway,
    ):
        received = asyncio.create_task(_batches(worker, 3))
        await worker.subscribed.wait()
        execute = Pipeline.execute

        async def lose_the_reply(pipe: Pipeline) -> list[int]:
            await execute(pipe)
            raise ConnectionError

        gateway.send("worker-1", Heard("call_1", 1, 0, b"ab"))
        monkeypatch.setattr(Pipeline, "execute", lose_the_reply)
        with pytest.raises(bus.BusAway):
            await gateway.flush()
        monkeypatch.setattr(Pipeline, "execute", execute)
        gateway.send("worker-1", Heard("call_1", 1, 1, b"cd"))
        await gateway.flush()
        # Who numbers nothing sends nothing again.
        for _ in range(2):
            await gateway._redis.publish(
                bus.channel(prefix, "worker-1"), bus.encode("platform", [bus.Note("call_1", 0, "Be brief.")])
            )

        assert await received == [
            ("gateway-1", [Heard("call_1", 1, 0, b"ab")]),
            ("gateway-1", [Heard("call_1", 1, 1, b"cd")]),
            ("platform", [bus.Note("call_1", 0, "Be brief.")]),
        ]
