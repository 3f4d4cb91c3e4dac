from __future__ import annotations

from calls.tests.voice.stage import a_spec, noise, silence, until


async def test_two_sides_talk_until_the_caller_hangs_up(make_stage):
    stage = await make_stage(hears=("How much is a cleaning?",))
    talk = stage.converse(a_spec())

    await until(lambda: stage.record.turns == [("agent", "Hello, this is Ana.")])
    stage.holder.say(noise(0.8))
    await until(lambda: len(stage.record.turns) == 3)
    stage.holder.end("user_hangup", "user")
    outcome = await talk

    assert outcome.kind == "ended"
    assert (outcome.reason, outcome.by) == ("user_hangup", "user")
    assert stage.record.turns[1] == ("user", "How much is a cleaning?")
    assert "90 dollars" in stage.record.turns[2][1]
    assert stage.record.stages[0].total is not None
    assert stage.record.stages[0].total < 1000
