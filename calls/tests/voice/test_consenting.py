"""What is said before all else, the question whether the call may be recorded, and what becomes of the answer."""

from __future__ import annotations

import asyncio

import pytest

from calls import bus
from calls.tests.voice.stage import Record, a_spec, noise, until
from calls.voice.consenting import answer_of
from calls.voice.off_record import REDACTED, OffRecord

TOLD = "This call is recorded."
ASK = "May I record this call?"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("Yes.", "given"),
        ("Sure, go ahead.", "given"),
        ("No problem at all.", "given"),
        ("I don't mind.", "given"),
        ("Ja, gerne.", "given"),
        ("Kein Problem.", "given"),
        ("No, thank you.", "refused"),
        ("I'd rather not.", "refused"),
        ("Yes, but do not record this.", "refused"),
        ("Nein, lieber nicht.", "refused"),
        ("Who is this?", "unclear"),
        ("Hello?", "unclear"),
        ("", "unclear"),
    ],
)
def test_what_an_answer_is(words: str, answer: str) -> None:
    assert answer_of(words) == answer


async def test_the_announcement_comes_first_and_is_not_interrupted(make_stage):
    stage = await make_stage(hears=("Hello?",))
    stage.converse(a_spec(recording_announcement=TOLD))

    await until(lambda: stage.holder.agent_is_sounding)
    stage.holder.say(noise(0.5))
    await until(lambda: len(stage.record.ended) >= 1, seconds=8)

    assert stage.record.ended[0][1:] == (TOLD, False)


async def test_a_yes_puts_the_call_on_record(make_stage):
    stage = await make_stage(hears=("Yes, that is fine.",))
    stage.converse(a_spec(recording_announcement=TOLD, consent_ask=ASK, is_off_record=True))
    await until(lambda: len(stage.record.ended) == 1, seconds=8)

    stage.holder.say(noise(0.6))
    await until(lambda: len(stage.record.ended) == 2, seconds=8)

    assert stage.record.heeded == [("consent", "given"), ("recording_resumed", "")]
    # Who answers is not recorded yet; the first message is.
    assert [text for _who, text in stage.record.turns] == [REDACTED, REDACTED, "Hello, this is Ana."]
    assert [item.is_on for item in stage.holder.items if isinstance(item, bus.OffRecord)] == [False]


@pytest.mark.parametrize(("if_no", "ends"), [("hang_up", True), ("go_on_unrecorded", False)])
async def test_a_no_ends_the_call_or_goes_on_unrecorded(make_stage, if_no: str, ends: bool):
    stage = await make_stage(hears=("No, please do not.",))
    talk = stage.converse(a_spec(consent_ask=ASK, consent_if_no=if_no, is_off_record=True))
    await until(lambda: len(stage.record.ended) == 1, seconds=8)

    stage.holder.say(noise(0.6))
    await until(lambda: len(stage.record.ended) == 2, seconds=8)

    assert stage.record.heeded == [("consent", "refused")]
    assert {text for _who, text in stage.record.turns} == {REDACTED}
    assert not [item for item in stage.holder.items if isinstance(item, bus.OffRecord)]
    if ends:
        outcome = await asyncio.wait_for(talk, 8)
        assert (outcome.reason, outcome.by) == ("agent_hangup", "agent")


def test_words_of_a_span_off_the_record_are_not_told() -> None:
    record = Record()
    sink = OffRecord(record, is_on=False)
    sink.user_turn(text="My card is", start_ms=0, end_ms=900)
    sink.turn(is_on=True, at_ms=1_000)
    sink.interim(speaker="user", text="four one one one")
    sink.digit(digit="4")
    sink.agent_turn_started(utterance=1, text="I heard 4111.", stages=None)
    sink.turn(is_on=False, at_ms=3_000)
    sink.user_turn(text="4111 1111", start_ms=800, end_ms=1_400)
    sink.agent_turn_ended(utterance=1, text="I heard 4111.", start_ms=2_900, end_ms=3_500, was_interrupted=False)
    sink.user_turn(text="Thank you.", start_ms=4_000, end_ms=4_500)

    assert record.interims == []
    assert record.digits == []
    assert record.started == [(1, REDACTED)]
    assert record.turns == [("user", "My card is"), ("user", REDACTED), ("agent", REDACTED), ("user", "Thank you.")]
