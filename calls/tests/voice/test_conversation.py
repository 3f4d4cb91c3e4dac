from __future__ import annotations

import asyncio

from calls import bus
from calls.tests.voice.stage import SIZE, a_spec, noise, until

LONG = "Hello, this is Ana from Oak Dental and I am calling about your appointment next Monday morning."


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


async def test_turn_times_are_on_the_clock_of_the_recording(make_stage):
    stage = await make_stage(hears=("Hello there.",))
    stage.converse(a_spec())

    await until(lambda: len(stage.record.turns) == 1)
    begin = stage.holder.frame * 20
    stage.holder.say(noise(1.0))
    await until(lambda: len(stage.record.turns) == 2)
    speaker, start_ms, end_ms = stage.record.times[1]

    assert speaker == "user"
    assert abs(start_ms - begin) <= 200
    assert abs(end_ms - start_ms - 1000) <= 200


async def test_an_interruption_stops_the_agent_and_keeps_only_what_was_heard(make_stage):
    stage = await make_stage(hears=("Wait, who is this?",))
    stage.converse(a_spec(first_message=LONG))

    await until(lambda: len(stage.holder.agent.strip(b"\0")) > 45 * SIZE)
    at = stage.holder.frame
    stage.holder.say(noise(0.8))
    await until(lambda: stage.record.ended != [])
    stopped = len(stage.holder.agent.rstrip(b"\0")) // SIZE
    number, text, was_interrupted = stage.record.ended[0]

    assert (number, was_interrupted) == (1, True)
    assert LONG.startswith(text)
    assert 10 < len(text) < 60
    assert (stopped - at) * 20 <= 350


async def test_a_hello_over_the_first_words_gets_them_again(make_stage):
    stage = await make_stage(hears=("Hello?",))
    stage.converse(a_spec(first_message=LONG))

    await until(lambda: stage.holder.agent_is_sounding)
    stage.holder.say(noise(0.4))
    await until(lambda: len(stage.record.started) == 2)

    assert [text for _, text in stage.record.started] == [LONG, LONG]


async def test_a_callee_who_speaks_first_is_let_finish(make_stage):
    stage = await make_stage(hears=("Hello?",))
    stage.holder.say(noise(0.6))
    stage.converse(a_spec())

    await until(lambda: len(stage.record.turns) == 2)

    assert stage.record.turns == [("user", "Hello?"), ("agent", "Hello, this is Ana.")]
    assert not any(was_interrupted for _, _, was_interrupted in stage.record.ended)


async def test_noise_that_interrupts_without_words_lets_the_agent_go_on(make_stage):
    stage = await make_stage()
    stage.converse(a_spec(first_message=LONG))

    await until(lambda: len(stage.holder.agent.strip(b"\0")) > 90 * SIZE)
    stage.holder.say(noise(0.4))
    await until(lambda: len(stage.record.started) == 2)

    assert stage.record.started[1][1].endswith("next Monday morning.")


async def test_silence_is_asked_into_twice_and_then_ends_the_call(make_stage):
    stage = await make_stage()
    talk = stage.converse(a_spec(first_message="Hi.", silence_timeout=60.0, first_silence_timeout=6.0))

    outcome = await asyncio.wait_for(talk, 14)

    assert (outcome.reason, outcome.by) == ("silence_timeout", "platform")
    assert [text for _, text in stage.record.started] == [
        "Hi.",
        "Are you still there?",
        "Hello? I can't hear you. Are you still on the line?",
        "I can't hear you, so I'll hang up now. Goodbye.",
    ]


async def test_max_duration_ends_with_a_goodbye_in_time(make_stage):
    stage = await make_stage()
    talk = stage.converse(a_spec(first_message="Hi.", max_duration=8.0, silence_timeout=60.0))

    outcome = await asyncio.wait_for(talk, 12)

    assert (outcome.reason, outcome.by) == ("max_duration", "platform")
    assert stage.record.turns[-1][1].endswith("Goodbye.")
    assert stage.holder.frame * 20 <= 8500


async def test_winding_up_says_goodbye_in_the_platforms_name(make_stage):
    stage = await make_stage()
    talk = stage.converse(a_spec(first_message="Hi."))

    await until(lambda: len(stage.record.turns) == 1)
    stage.engine.wind_up("call_1", "credits_exhausted")
    outcome = await asyncio.wait_for(talk, 12)

    assert (outcome.reason, outcome.by) == ("credits_exhausted", "platform")
    assert stage.record.turns[-1][1].endswith("Goodbye.")


async def test_the_agent_hangs_up_after_its_goodbye_was_heard(make_stage):
    stage = await make_stage(hears=("Thanks, that is all. Goodbye.",))
    talk = stage.converse(a_spec(first_message="Hi."))

    await until(lambda: len(stage.record.turns) == 1)
    stage.holder.say(noise(0.8))
    outcome = await asyncio.wait_for(talk, 12)

    assert (outcome.reason, outcome.by) == ("agent_hangup", "agent")
    assert stage.record.ended[-1][2] is False


async def test_say_and_note_are_heeded(make_stage):
    stage = await make_stage(hears=("What is the wifi password?",))
    stage.converse(a_spec(first_message="Hi."))

    await until(lambda: len(stage.record.turns) == 1)
    stage.holder.bus.send("worker-1", bus.Note("call_1", 0, "The wifi password is sunflower."))
    stage.holder.bus.send("worker-1", bus.Say("call_1", 0, "One moment, I am looking."))
    await until(lambda: len(stage.record.turns) == 2)
    stage.holder.say(noise(0.8))
    await until(lambda: len(stage.record.turns) == 4)

    assert stage.record.turns[1] == ("agent", "One moment, I am looking.")
    assert "sunflower" in stage.record.turns[3][1]


async def test_digits_are_reported_and_answered(make_stage):
    stage = await make_stage()
    stage.converse(a_spec(first_message="Hi."))

    await until(lambda: len(stage.record.turns) == 1)
    for digit in "42#":
        stage.holder.bus.send("worker-1", bus.Digit("call_1", 1, digit))
    await until(lambda: len(stage.record.turns) == 2)

    assert stage.record.digits == ["4", "2", "#"]


async def test_words_of_a_turn_cut_off_by_the_hang_up_are_kept(make_stage):
    stage = await make_stage(hears=("I was going to say",))
    talk = stage.converse(a_spec(first_message="Hi."))

    await until(lambda: len(stage.record.turns) == 1)
    stage.holder.say(noise(1.0))
    await until(lambda: stage.record.interims != [])
    stage.holder.end("user_hangup", "user")
    await talk

    assert stage.record.turns[-1] == ("user", "I was going to say")


async def test_a_holder_that_is_gone_is_noticed(make_stage):
    stage = await make_stage()
    talk = stage.converse(a_spec())

    await until(lambda: len(stage.record.turns) == 1)
    stage.holder.bus.leave()
    outcome = await asyncio.wait_for(talk, 5)

    assert outcome.kind == "media_lost"


async def test_a_bus_that_is_away_is_nobodys_fault(make_stage):
    stage = await make_stage()
    talk = stage.converse(a_spec())

    await until(lambda: len(stage.record.turns) == 1)
    stage.network.is_away = True
    await asyncio.sleep(0)
    done, _ = await asyncio.wait({talk}, timeout=2.5)

    assert not done


async def test_a_fenced_conversation_stops_and_reports_nothing_more(make_stage):
    stage = await make_stage()
    talk = stage.converse(a_spec())

    await until(lambda: stage.record.started != [])
    stage.holder.bus.send("worker-1", bus.Fenced("call_1", 2))
    outcome = await asyncio.wait_for(talk, 2)

    assert outcome.kind == "superseded"
    assert stage.record.ended == []


async def test_draining_hands_a_call_on_between_two_turns(make_stage):
    stage = await make_stage()
    talk = stage.converse(a_spec())

    await until(lambda: stage.holder.agent_is_sounding)
    await stage.engine.drain(limit=5)
    outcome = await asyncio.wait_for(talk, 2)
    await until(lambda: stage.holder.is_released)

    assert outcome.kind == "released"
    assert stage.record.turns == [("agent", "Hello, this is Ana.")]
    assert stage.engine.capacity == 0


async def test_a_long_sentence_begins_with_its_first_clause(make_stage):
    stage = await make_stage()
    stage.converse(a_spec(first_message="Hi."))

    await until(lambda: len(stage.record.turns) == 1)
    sentence = "We are open from Monday to Friday, and on Saturdays until noon."
    stage.holder.bus.send("worker-1", bus.Say("call_1", 0, sentence))
    await until(lambda: len(stage.record.turns) == 2)

    assert stage.record.started[1:] == [
        (2, "We are open from Monday to Friday,"),
        (2, "and on Saturdays until noon."),
    ]
    assert stage.record.turns[1] == ("agent", sentence)
