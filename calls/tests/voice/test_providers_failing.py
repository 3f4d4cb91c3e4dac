from __future__ import annotations

import asyncio

import pytest

from calls import bus
from calls.tests.voice.stage import a_spec, noise, until
from calls.voice.providers import bench
from calls.voice.providers.stt import FakeSTT, STTChain, STTError
from calls.voice.providers.tts import FakeTTS, TTSChain

SENTENCE = "A cleaning costs ninety dollars. We are open from Monday to Friday."


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(bench, "TRIAL_EVERY", 0.1)


async def say(stage, text: str = SENTENCE) -> None:
    """Have the agent say this, once it is silent, and wait until it has."""
    turns = len(stage.record.turns)
    stage.holder.bus.send("worker-1", bus.Say("call_1", 0, text))
    await until(lambda: len(stage.record.turns) > turns, seconds=8)


# --- Speech synthesis -------------------------------------------------------------------------------------------------


async def test_another_voice_takes_over_and_the_first_comes_back(make_stage):
    second = FakeTTS(name="second")
    stage = await make_stage(second_tts=second)
    stage.converse(a_spec(first_message="Hi."))
    await until(lambda: len(stage.record.turns) == 1)

    stage.tts.is_gone = True
    await say(stage, "One.")
    await say(stage, "Two.")
    stage.tts.is_gone = False
    await until(lambda: "All is well." in stage.tts.spoken)
    await say(stage, "Three.")

    assert second.spoken == ["One.", "Two."]
    assert stage.tts.spoken[-1] == "Three."
    assert stage.record.heeded == [("provider_failed", "tts fake")]


async def test_a_voice_that_hangs_is_left_within_its_patience(make_stage):
    stage = await make_stage(second_tts=FakeTTS(name="second"))
    stage.converse(a_spec(first_message="Hi."))
    await until(lambda: len(stage.record.turns) == 1)

    stage.tts.may_speak.clear()
    begun = asyncio.get_running_loop().time()
    stage.holder.bus.send("worker-1", bus.Say("call_1", 0, "One."))
    await until(lambda: len(stage.record.started) == 2)

    assert 0.5 <= asyncio.get_running_loop().time() - begun < 0.8
    assert stage.record.heeded == [("provider_failed", "tts fake")]


async def test_a_sentence_that_breaks_off_is_finished_by_another_voice(make_stage):
    second = FakeTTS(name="second")
    stage = await make_stage(second_tts=second)
    stage.converse(a_spec(first_message="Hi."))
    await until(lambda: len(stage.record.turns) == 1)

    stage.tts.is_gone, stage.tts.breaks_after = True, 2500
    await say(stage, "A cleaning costs ninety dollars; we are open from Monday to Friday.")

    assert second.spoken == ["We are open from Monday to Friday."]
    assert stage.record.started[1:] == [(2, "A cleaning costs ninety dollars; we are open from Monday to Friday.")]
    assert stage.record.turns[1] == ("agent", "A cleaning costs ninety dollars; we are open from Monday to Friday.")


async def test_voices_that_are_all_gone_end_the_call_as_our_fault(make_stage):
    second = FakeTTS(name="second")
    stage = await make_stage(second_tts=second)
    stage.tts.is_gone = second.is_gone = True
    talk = stage.converse(a_spec())

    outcome = await asyncio.wait_for(talk, 8)

    assert (outcome.reason, outcome.by) == ("speech_error", "platform")
    assert stage.record.heeded == [("provider_failed", "tts")]


async def test_the_only_voice_is_given_time_to_come_back(make_stage):
    stage = await make_stage()
    stage.converse(a_spec(first_message="Hi."))
    await until(lambda: len(stage.record.turns) == 1)

    stage.tts.fails = 2
    await say(stage, "One.")

    assert stage.record.turns[-1] == ("agent", "One.")
    assert stage.record.heeded == []


async def test_a_text_without_words_is_nobodys_failure(make_stage):
    stage = await make_stage()
    stage.converse(a_spec(first_message="Hi."))
    await until(lambda: len(stage.record.turns) == 1)

    stage.holder.bus.send("worker-1", bus.Say("call_1", 0, "..."))
    await say(stage, "One.")

    assert stage.tts.spoken == ["Hi.", "One."]


async def test_a_stand_ins_voice_is_not_kept():
    first, second = FakeTTS(name="first"), FakeTTS(name="second")
    chain = TTSChain([first, second])
    first.is_gone = True

    await chain.prepare("Hi.", voice="", rate=8000)
    await chain.close()

    assert chain.has_ready("Hi.", voice="", rate=8000) is False


# --- Speech recognition -----------------------------------------------------------------------------------------------


async def test_another_recognizer_listens_in_the_first_ones_place(make_stage):
    second = FakeSTT("How much is a cleaning?", name="second")
    stage = await make_stage(second_stt=second)
    stage.converse(a_spec(first_message="Hi."))
    await until(lambda: len(stage.record.turns) == 1)

    stage.stt.fails = 99
    stage.holder.say(noise(0.8))
    await until(lambda: len(stage.record.turns) == 3)

    assert stage.record.turns[1] == ("user", "How much is a cleaning?")
    assert stage.record.heeded == [("provider_failed", "stt fake")]


async def test_a_failure_that_passes_is_asked_about(make_stage):
    stage = await make_stage(hears=("How much is a cleaning?",))
    stage.converse(a_spec(first_message="Hi."))
    await until(lambda: len(stage.record.turns) == 1)

    # The guess, and the segment itself.
    stage.stt.fails = 2
    stage.holder.say(noise(0.8))
    await until(lambda: len(stage.record.turns) == 2)
    stage.holder.say(noise(0.8))
    await until(lambda: len(stage.record.turns) == 4)

    assert stage.record.turns[1] == ("agent", "Sorry, I didn't catch that. Could you say it again?")
    assert "90 dollars" in stage.record.turns[3][1]


async def test_a_recognizer_that_is_gone_ends_the_call_as_our_fault_with_an_apology(make_stage):
    second = FakeSTT(name="second", fails=99)
    stage = await make_stage(second_stt=second)
    stage.stt.fails = 99
    talk = stage.converse(a_spec(first_message="Hi."))
    await until(lambda: len(stage.record.turns) == 1)

    stage.holder.say(noise(0.8))
    await until(lambda: len(stage.record.turns) == 2)
    stage.holder.say(noise(0.8))
    outcome = await asyncio.wait_for(talk, 12)

    assert (outcome.reason, outcome.by) == ("speech_error", "platform")
    assert stage.record.turns[-1][1].startswith("I'm sorry, I cannot hear you because of a fault on our side.")
    assert [detail for _, detail in stage.record.heeded] == ["stt fake", "stt", "stt"] or [
        detail for _, detail in stage.record.heeded
    ] == ["stt fake", "stt second", "stt", "stt"]


async def test_a_recognizer_comes_back_when_it_works_again():
    first, second = FakeSTT("One.", name="first", fails=2), FakeSTT("Two.", name="second")
    chain = STTChain([first, second])

    heard = await chain.transcribe(bytes(640))
    out = chain.out
    await until(lambda: chain.out == ())
    await chain.close()

    assert (heard, out) == ("Two.", ("first",))


async def test_without_any_recognizer_nothing_is_loaded():
    with pytest.raises(STTError):
        await STTChain([]).load()
