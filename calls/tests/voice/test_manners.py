"""How an agent speaks and listens: whether it lets itself be interrupted, how long it waits, how fast it talks."""

from __future__ import annotations

import pytest

from calls.audio.framing import FRAME_MS
from calls.tests.voice.stage import SIZE, a_spec, noise, silence, until
from calls.voice.session import Patience

LONG = "Hello, this is Ana from Oak Dental and I am calling about your appointment next Monday morning."


def sounding_ms(stage) -> int:
    """From the agent's first sound to its last."""
    heard = bytes(stage.holder.agent).strip(b"\0")
    return len(heard) // SIZE * FRAME_MS


async def test_an_agent_that_is_not_interruptible_speaks_on_and_then_answers(make_stage):
    stage = await make_stage(hears=("How much is a cleaning?",))
    stage.converse(a_spec(first_message=LONG, is_interruptible=False))

    await until(lambda: len(stage.holder.agent.strip(b"\0")) > 45 * SIZE)
    stage.holder.say(noise(0.8))
    await until(lambda: len(stage.record.ended) == 2, seconds=10)

    assert stage.record.ended[0] == (1, LONG, False)
    assert ("user", "How much is a cleaning?") in stage.record.turns
    assert "90 dollars" in stage.record.turns[-1][1]


async def test_while_it_is_silent_such_an_agent_is_interrupted_like_any_other(make_stage):
    stage = await make_stage(hears=("How much is", "a cleaning?"))
    stage.converse(a_spec(is_interruptible=False))

    await until(lambda: stage.record.turns == [("agent", "Hello, this is Ana.")])
    stage.holder.say(noise(0.6))
    await until(lambda: len(stage.record.turns) >= 2)

    assert stage.record.turns[1][0] == "user"


@pytest.mark.parametrize(("patience", "turns"), [("quick", 2), ("patient", 1)])
async def test_patience_decides_whether_a_pause_ends_the_turn(make_stage, patience: Patience, turns: int):
    stage = await make_stage(hears=("How much is a cleaning?", "How much is a cleaning?"))
    stage.converse(a_spec(patience=patience))
    await until(lambda: stage.record.turns == [("agent", "Hello, this is Ana.")])

    stage.holder.say(noise(0.6) + silence(0.5) + noise(0.6))
    await until(lambda: bool(stage.record.started[1:]), seconds=8)
    await until(lambda: not stage.holder.to_say and not stage.holder.agent_is_sounding, seconds=8)
    await until(lambda: [who for who, _ in stage.record.turns].count("user") == turns, seconds=8)


async def test_a_faster_agent_takes_less_time_for_the_same_words(make_stage):
    spoken = {}
    for speed in (1.0, 1.25):
        stage = await make_stage()
        stage.converse(a_spec(first_message=LONG, speed=speed))
        await until(lambda stage=stage: len(stage.record.ended) == 1)
        assert stage.record.ended == [(1, LONG, False)]
        spoken[speed] = sounding_ms(stage)

    assert abs(spoken[1.0] / spoken[1.25] - 1.25) < 0.05
