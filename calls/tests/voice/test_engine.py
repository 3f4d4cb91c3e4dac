from __future__ import annotations

import asyncio
import gc

import pytest

from calls import bus
from calls.tests.voice.stage import MemoryBus, Record, StubHolder, a_spec, noise, until
from calls.voice.config import EngineConfig
from calls.voice.conversation import Conversation

SENTENCE = "This is a rather long sentence that nobody will hear to its end today."


async def test_pipelines_stand_ready_and_are_replaced(make_stage):
    stage = await make_stage(config=EngineConfig(prepared=2, has_embeddings=False, capacity=5))

    assert len(stage.engine._ready) == 2
    stage.converse(a_spec())
    await until(lambda: stage.engine.live == 1)
    await until(lambda: len(stage.engine._ready) == 2)

    assert stage.engine.capacity == 5


async def test_a_conversation_that_fails_at_its_tick_ends_alone(make_stage, monkeypatch):
    stage = await make_stage()
    tick = Conversation.tick

    def fail_for_one(conversation: Conversation) -> None:
        if conversation.holder == "gateway-2":
            raise ZeroDivisionError
        tick(conversation)

    monkeypatch.setattr(Conversation, "tick", fail_for_one)
    broken = stage.engine.converse(a_spec(call_id="call_2", holder="gateway-2"), Record())
    stage.converse(a_spec())

    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(broken, 2)
    await until(lambda: len(stage.record.turns) == 1)
    assert stage.engine.live == 1


async def test_a_holder_is_not_missed_right_after_the_bus_was_away(make_stage):
    stage = await make_stage(config=EngineConfig(prepared=0, has_embeddings=False, holder_patience=0.3))
    talk = stage.converse(a_spec())
    await until(lambda: len(stage.record.turns) == 1)

    stage.network.is_away = True
    await asyncio.sleep(0.1)
    stage.holder.bus.leave()
    stage.network.is_away = False
    done, _ = await asyncio.wait({talk}, timeout=1.5)
    assert not done

    assert (await asyncio.wait_for(talk, 3)).kind == "media_lost"


async def test_nothing_is_left_of_twenty_conversations(make_stage):
    stage = await make_stage()
    before = asyncio.all_tasks()

    for n in range(5):
        holders = [StubHolder(MemoryBus(stage.network, f"gateway-{n}-{i}"), call=f"call_{n}_{i}") for i in range(4)]
        running = [asyncio.create_task(holder.run()) for holder in holders]
        records = [Record() for _ in holders]
        talks = [
            asyncio.create_task(
                stage.engine.converse(a_spec(call_id=holder.call, holder=holder.bus.name, first_message="Hi."), record)
            )
            for holder, record in zip(holders, records, strict=True)
        ]
        await until(lambda records=records: all(record.turns for record in records))
        # One is cut off in the middle of the caller's words, one in the middle of the agent's, two in silence.
        holders[0].say(noise(1.0))
        holders[1].bus.send("worker-1", bus.Say(holders[1].call, 0, SENTENCE))
        await until(lambda record=records[1]: len(record.started) == 2)
        for holder in holders:
            holder.end("user_hangup", "user")
        outcomes = await asyncio.gather(*talks)
        await asyncio.gather(*running)
        assert {outcome.reason for outcome in outcomes} == {"user_hangup"}

    gc.collect()
    await asyncio.sleep(0.1)
    assert [task.get_name() for task in asyncio.all_tasks() - before] == []
    assert stage.engine.live == 0
