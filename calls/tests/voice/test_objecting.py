"""Who does not want to be recorded in mid-call, and what becomes of it."""

from __future__ import annotations

import pytest

from calls import bus
from calls.tests.voice.stage import a_spec, noise, until
from calls.voice.objecting import acknowledged, objects
from calls.voice.off_record import REDACTED


@pytest.mark.parametrize(
    "text",
    [
        "Please stop recording.",
        "Stop recording this call, please.",
        "Could you turn off the recording?",
        "Turn that recording off.",
        "Don't record me.",
        "Do not record this conversation.",
        "I don\u2019t want to be recorded.",
        "I did not agree to be recorded.",
        "I don't consent to this recording.",
        "I object to being recorded.",
        "Zeichnen Sie das bitte nicht auf.",
        "Ich möchte nicht aufgezeichnet werden.",
        "Keine Aufzeichnung, bitte.",
        "Schalten Sie bitte die Aufnahme ab.",
        "Please don't record.",
        "No recording, please.",
        "I'd rather not be recorded.",
        "You do not have my permission to record this.",
        "When can I come by? And please stop recording this call.",
        "Warum? Bitte nicht aufnehmen.",
        "Ich möchte nicht, dass Sie mich aufnehmen.",
        "Ich will nicht, dass das Gespräch aufgezeichnet wird.",
        "Sie dürfen mich nicht aufzeichnen.",
        "Ich möchte keine Aufnahme.",
        "Ich stimme der Aufzeichnung nicht zu.",
    ],
)
def test_objects(text: str) -> None:
    assert objects(text)


@pytest.mark.parametrize(
    "text",
    [
        "Is this call recorded?",
        "How do I stop recording on my phone?",
        "Please do not stop recording.",
        "I stopped recording music years ago.",
        "Stop recording artists from leaving the label.",
        "Do you have a record of my visit?",
        "I don't want to be late.",
        "He told me to stop recording.",
        "Don't turn off the recording.",
        "To stop recording, press the pound key or hang up.",
        "When you have finished, press 1 to stop recording.",
        "Wird das aufgezeichnet?",
        "Warum wird das nicht aufgezeichnet?",
        "Ich will den Kredit nicht aufnehmen.",
        "Das kann ich nicht aufnehmen.",
        "Ich habe keine Aufnahme bekommen.",
        "I don't want the recording to be lost.",
        "There was no recording of my order.",
        "",
    ],
)
def test_does_not(text: str) -> None:
    assert not objects(text)


def test_the_answer_is_in_the_agents_language() -> None:
    assert "Aufzeichnung" in acknowledged("de-AT")
    assert acknowledged("fr-FR") == acknowledged("en-US")


async def test_who_objects_is_recorded_no_more(make_stage):
    stage = await make_stage(hears=("Please stop recording.", "Never mind, when are you open?"))
    stage.converse(a_spec())
    await until(lambda: len(stage.record.turns) == 1)

    for turns in (3, 5):
        stage.holder.say(noise(0.8))
        await until(lambda turns=turns: len(stage.record.turns) >= turns, seconds=10)

    assert stage.record.heeded == [("consent", "refused"), ("recording_paused", "")]
    assert [item.is_on for item in stage.holder.items if isinstance(item, bus.OffRecord)] == [True]
    # They are heard and answered all the same.
    assert stage.record.turns[1:] == [
        ("user", "Please stop recording."),
        *(("agent", REDACTED), ("user", REDACTED)),
        ("agent", REDACTED),
    ]


async def test_an_objection_in_a_pause_is_for_the_rest_of_the_call(make_stage):
    stage = await make_stage(hears=("Please stop recording.", "Stop recording, please."))
    stage.converse(a_spec(is_off_record=True))
    await until(lambda: len(stage.record.turns) == 1)

    for turns in (3, 5):
        stage.holder.say(noise(0.8))
        await until(lambda turns=turns: len(stage.record.turns) >= turns, seconds=10)

    # Once is enough.
    assert stage.record.heeded == [("consent", "refused")]
