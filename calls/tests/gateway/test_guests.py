"""Those who listen in, and who speaks in the agent's place, at a holder on a table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from calls import bus
from calls.tests.gateway.desk import Desk, open_desk, sound

BEAT = bus.Beat("call_1", 1, 0)
ON = bus.Listen("call_1", 0, is_on=True)
TAKE = bus.Operate("call_1", 0, "7", "line-1", is_on=True)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as desk:
        yield desk


def spoken(value: int) -> bus.OperatorSpeech:
    return bus.OperatorSpeech("call_1", 0, "line-1", sound(value))


async def test_a_listener_gets_both_sides(desk):
    line = await desk.converse()
    await desk.take("ears-1", ON)
    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(500, 5), is_last=True))
    for n in range(5):
        line.speak(sound(100 + n))
        await desk.pass_time(0.02)

    copies = await desk.hear_only(bus.Overheard, to="ears-1")

    assert b"".join(copy.agent for copy in copies) == sound(500, 5)
    assert b"".join(copy.caller for copy in copies).startswith(sound(100, 4))
    assert {copy.rate for copy in copies} == {8000}


async def test_a_listener_that_keeps_silent_is_forgotten(desk):
    await desk.converse()
    await desk.take("ears-1", ON)

    await desk.pass_time(5.0, BEAT)

    copies = await desk.hear_only(bus.Overheard, to="ears-1")
    assert 145 <= sum(len(copy.agent) // 320 for copy in copies) <= 155


async def test_a_dead_listener_costs_the_call_nothing(desk):
    line = await desk.converse()
    await desk.take("ears-1", ON)
    desk.wire.dead.add("ears-1")

    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(500, 50), is_last=True))
    await desk.pass_time(1.0, BEAT)

    assert b"".join(line.played) == sound(500, 50)
    assert not desk.store.told("fence")


async def test_no_more_listen_than_a_leg_lets(desk):
    await desk.converse()
    for n in range(12):
        await desk.take(f"ears-{n}", ON)

    await desk.pass_time(0.1)

    assert len({to for to, item in desk.wire.sent if isinstance(item, bus.Overheard)}) == 8


async def test_the_operator_is_heard_instead_of_the_agent(desk):
    line = await desk.converse()
    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(500, 100), is_last=True))
    await desk.pass_time(0.2, BEAT)
    await desk.hear()
    del line.played[:]

    await desk.take("ears-1", TAKE)
    for n in range(10):
        await desk.take("ears-1", spoken(900 + n))
        await desk.pass_time(0.02)

    assert sound(900, 7) in b"".join(line.played)
    assert sound(505) not in line.played
    told = await desk.hear()
    assert [item.is_on for item in told if isinstance(item, bus.Operated)] == [True]
    assert [item.is_over for item in told if isinstance(item, bus.Played)][:1] == [True]
    assert b"".join(item.pcm for item in told if isinstance(item, bus.OperatorSaid)) in b"".join(line.played)


async def test_who_stops_sending_has_handed_back(desk):
    await desk.converse()
    await desk.take("ears-1", TAKE)

    await desk.pass_time(3.5, BEAT)

    assert [item.is_on for item in await desk.hear_only(bus.Operated)] == [True, False]
    assert [item.is_on for item in await desk.hear_only(bus.Operating, to="ears-1")] == [True, False]


async def test_the_next_worker_is_told(desk):
    await desk.converse()
    await desk.take("ears-1", TAKE)
    await desk.take("worker-1", bus.Release("call_1", 1))
    for n in range(10):
        await desk.take("ears-1", spoken(900 + n))
        await desk.pass_time(0.02)

    await desk.take("worker-2", bus.Attach("call_1", 2))
    await desk.pass_time(0.02)

    told = await desk.hear("worker-2")
    assert [item.is_operated for item in told if isinstance(item, bus.Attached)] == [True]
    assert b"".join(item.pcm for item in told if isinstance(item, bus.OperatorSaid)).startswith(sound(900, 7))


async def test_nobody_takes_over_from_another(desk):
    await desk.converse()
    await desk.take("ears-1", TAKE)
    await desk.take("ears-2", bus.Operate("call_1", 0, "8", "line-2", is_on=True))

    assert [item.is_on for item in await desk.hear_only(bus.Operating, to="ears-2")] == [False]

    # The same person at another socket does.
    await desk.take("ears-2", bus.Operate("call_1", 0, "7", "line-3", is_on=True))
    assert [item.is_on for item in await desk.hear_only(bus.Operating, to="ears-2")] == [True]
    assert [(item.line, item.is_on) for item in await desk.hear_only(bus.Operating, to="ears-1")][-1] == (
        "line-1",
        False,
    )


async def test_a_leg_that_says_goodbye_is_not_taken_over(desk):
    await desk.converse()
    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(500, 50), is_last=True))
    await desk.take("worker-1", bus.HangUp("call_1", 1, "agent_hangup", "agent", after_speech=True))

    await desk.take("ears-1", TAKE)

    assert [item.is_on for item in await desk.hear_only(bus.Operating, to="ears-1")] == [False]
