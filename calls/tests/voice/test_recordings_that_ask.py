from __future__ import annotations

import asyncio

from calls import bus
from calls.tests.voice.stage import a_spec, noise, silence, until
from calls.voice.keypad import KeypadRules

APPLE = "Hi, if you record your name and reason for calling, I'll see if this person is available."


async def test_an_assistant_is_told_who_calls_and_the_person_is_greeted(make_stage):
    stage = await make_stage(hears=(APPLE, "Hello?"))
    stage.holder.say(silence(0.1) + noise(1.0))
    talk = stage.converse(a_spec(screening_message="Ana from Oak Dental, about your visit."))

    await until(lambda: ("agent", "Ana from Oak Dental, about your visit.") in stage.record.turns, seconds=10)
    stage.holder.say(noise(0.6))
    await until(lambda: stage.record.turns[-1] == ("agent", "Hello, this is Ana."), seconds=10)

    assert ("voicemail_detected", "") not in stage.record.heeded
    stage.holder.end("user_hangup", "user")
    await asyncio.wait_for(talk, 5)


async def test_a_menu_gets_the_key_that_fits(make_stage):
    stage = await make_stage(hears=("For sales, press one. For billing, press two.",))
    stage.holder.say(silence(0.1) + noise(1.0))
    rules = KeypadRules(may_press=True, wanted="billing")
    talk = stage.converse(a_spec(keypad=rules))

    await until(lambda: stage.record.sent_digits == ["2"], seconds=10)
    await until(lambda: any(item == bus.SendDigits("call_1", 1, "2") for item in stage.holder.items))

    stage.holder.end("user_hangup", "user")
    await asyncio.wait_for(talk, 5)


async def test_an_agent_that_may_not_press_keys_presses_none(make_stage):
    stage = await make_stage(hears=("For billing, press two please, I ask you to.",))
    stage.holder.say(silence(0.1) + noise(1.0))
    talk = stage.converse(a_spec(keypad=KeypadRules(wanted="billing"), may_be_machine=False))

    await until(lambda: any(speaker == "agent" for speaker, _ in stage.record.turns), seconds=10)

    assert not any(isinstance(item, bus.SendDigits) for item in stage.holder.items)
    stage.holder.end("user_hangup", "user")
    await asyncio.wait_for(talk, 5)


async def test_a_key_stops_the_agent_and_means_what_was_set(make_stage):
    stage = await make_stage()
    long = "Hello, this is Ana. " + "I have a great many things to tell you today. " * 5
    rules = KeypadRules(choices=(("1", "When are you open?"),))
    talk = stage.converse(a_spec(first_message=long, keypad=rules))
    await until(lambda: stage.holder.agent_is_sounding, seconds=10)

    stage.holder._tell(bus.Digit("call_1", 1, "1"))
    await until(lambda: ("user", "[1]") in stage.record.turns, seconds=10)
    await until(lambda: any("Monday" in text for speaker, text in stage.record.turns if speaker == "agent"), seconds=15)

    assert stage.record.digits == ["1"]
    assert any(was_cut for _, _, was_cut in stage.record.ended)
    stage.holder.end("user_hangup", "user")
    await asyncio.wait_for(talk, 5)
