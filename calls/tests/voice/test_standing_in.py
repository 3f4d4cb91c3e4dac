"""Somebody takes the call over from the agent, and hands it back."""

from __future__ import annotations

from calls import bus
from calls.tests.voice.stage import SIZE, a_spec, noise, silence, until
from calls.tests.voice.test_takeover import on_the_phone
from calls.voice.session import PastTurn

OFFER = "For you the cleaning is free this month."
HELLO = PastTurn(1, "agent", "Hello, this is Ana.", True, 1)


async def take_over(stage, *, is_on: bool = True) -> None:
    await until(lambda: stage.holder.worker == "worker-1")
    stage.holder._tell(bus.Operated("call_1", stage.holder.token, is_on))


async def operator_says(stage, pcm: bytes) -> None:
    """In real time it would be frame by frame; the words are the same."""
    stage.holder._tell(bus.OperatorSaid("call_1", stage.holder.token, stage.holder.frame, pcm))


def said_by_agent(stage) -> str:
    return " ".join(text for speaker, text in stage.record.turns if speaker == "agent")


async def test_the_agent_keeps_silent_and_both_are_written_down(make_stage):
    stage = await make_stage(hears=(OFFER, "How much is a cleaning?"))
    await on_the_phone(stage)
    stage.converse(a_spec(history=[HELLO], is_dialed=True, token=2))
    await take_over(stage)
    await operator_says(stage, noise(1.0) + silence(1.0))
    await until(lambda: len(stage.record.turns) == 1)
    stage.holder.say(noise(1.0) + silence(0.5))

    await until(lambda: len(stage.record.turns) == 2)
    await until(lambda: stage.holder.frame > 200, seconds=8)

    assert stage.record.turns == [("operator", OFFER), ("user", "How much is a cleaning?")]
    assert not stage.holder.agent.strip(b"\0")


async def test_handed_back_the_agent_knows_and_answers_what_was_asked_last(make_stage):
    stage = await make_stage(hears=(OFFER, "How much is a cleaning?", "How much is a cleaning?"))
    await on_the_phone(stage)
    stage.converse(a_spec(history=[HELLO], is_dialed=True, token=2))
    await take_over(stage)
    await operator_says(stage, noise(1.0) + silence(1.0))
    await until(lambda: len(stage.record.turns) == 1)
    stage.holder.say(noise(1.0) + silence(0.5))
    await until(lambda: len(stage.record.turns) == 2)

    await take_over(stage, is_on=False)

    await until(lambda: said_by_agent(stage), seconds=8)
    assert said_by_agent(stage) == OFFER
    assert stage.record.handed_back == 1


async def test_handed_back_with_nothing_asked_the_agent_waits(make_stage):
    stage = await make_stage(hears=(OFFER, "How much is a cleaning?"))
    await on_the_phone(stage)
    stage.converse(a_spec(history=[HELLO], is_dialed=True, token=2))
    await take_over(stage)
    await operator_says(stage, noise(1.0))

    # The last words are understood before the agent goes on.
    await take_over(stage, is_on=False)
    await until(lambda: stage.record.handed_back == 1)
    assert stage.record.turns == [("operator", OFFER)]
    stage.holder.say(noise(1.0) + silence(0.5))

    await until(lambda: said_by_agent(stage), seconds=8)
    assert said_by_agent(stage) == OFFER
    assert [speaker for speaker, _ in stage.record.turns] == ["operator", "user", "agent"]


async def test_taken_over_in_the_middle_of_a_sentence(make_stage):
    stage = await make_stage()
    stage.converse(a_spec(first_message="Hello, this is Ana, and I have a very long story to tell you now, my friend."))
    await until(lambda: len(stage.holder.agent.strip(b"\0")) > 20 * SIZE)

    await take_over(stage)

    await until(lambda: stage.record.ended != [])
    assert stage.record.ended[0][2] is True
    assert not stage.holder.agent_is_sounding


async def test_the_next_worker_takes_the_call_as_it_was(make_stage):
    stage = await make_stage(hears=("How much is a cleaning?",))
    await on_the_phone(stage)
    stage.holder.is_operated = True
    history = [HELLO, PastTurn(2, "user", "How much is a cleaning?", True)]
    stage.converse(a_spec(history=history, operators_said=(OFFER,), is_taken_over=True, is_dialed=True, token=2))
    await until(lambda: stage.holder.frame > 100, seconds=8)
    assert stage.record.turns == []

    await take_over(stage, is_on=False)

    await until(lambda: said_by_agent(stage), seconds=8)
    assert said_by_agent(stage) == OFFER


async def test_handed_back_while_nobody_drove_the_call(make_stage):
    stage = await make_stage()
    await on_the_phone(stage)
    history = [HELLO, PastTurn(2, "user", "How much is a cleaning?", True)]
    stage.converse(a_spec(history=history, operators_said=(OFFER,), is_taken_over=True, is_dialed=True, token=2))

    await until(lambda: said_by_agent(stage), seconds=8)

    assert said_by_agent(stage) == OFFER
    assert stage.record.handed_back == 1
