"""Who wants no more calls is understood, and who only speaks of calls is not taken for one."""

from __future__ import annotations

import asyncio

import pytest

from calls.tests.voice.stage import a_spec, noise, until
from calls.voice.opting_out import farewell, is_opt_out


@pytest.mark.parametrize(
    "text",
    [
        "Please do not call me again.",
        "please don't call me again",
        "Don’t ever call this number again!",
        "Never call here again.",
        "Stop calling me.",
        "Will you please stop calling?",
        "Would you quit calling my house, please?",
        "Take me off your list.",
        "Please take me off your calling list, thank you.",
        "take my number off the list",
        "Remove me from your database.",
        "Please remove my number.",
        "Put me on your do not call list.",
        "I don't want you to call me.",
        "I do not want any more calls.",
        "I don't want to receive these calls",
        "No more calls, please.",
        "Could you not call me anymore? I said do not call me anymore.",
        "Rufen Sie mich bitte nicht mehr an.",
        "Rufen Sie hier nie wieder an!",
        "Bitte rufen Sie mich nicht mehr an.",
        "Hören Sie auf, mich anzurufen.",
        "Ich möchte nicht mehr angerufen werden.",
        "Ich will keine Anrufe mehr, keine weiteren Anrufe.",
        "Nehmen Sie mich von Ihrer Liste.",
        "Streichen Sie meine Nummer aus Ihrer Liste.",
        "Löschen Sie bitte meine Telefonnummer.",
        "Bitte nicht mehr anrufen.",
    ],
)
def test_opts_out(text: str) -> None:
    assert is_opt_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "Please call me again tomorrow.",
        "Don't call me before nine.",
        "Do not call me a robot.",
        "Don't stop calling me.",
        "I did not ask you to stop calling.",
        "Stop calling me sir.",
        "How do I get off your list?",
        "What is on your list?",
        "Can you take me off hold?",
        "Take me to the manager.",
        "Remove my appointment on Monday.",
        "I don't want you to call me at work.",
        "Why did you not call me?",
        "When are you open?",
        "Could you call me again later? I am driving.",
        "Did he tell you to stop calling?",
        "Rufen Sie mich bitte morgen an.",
        "Warum rufen Sie mich nicht mehr an?",
        "Rufen Sie nicht vor neun an.",
        "Löschen Sie meinen Termin.",
        "",
    ],
)
def test_does_not(text: str) -> None:
    assert not is_opt_out(text)


def test_the_last_words_are_in_the_agents_language() -> None:
    assert "do-not-call" in (farewell("en-GB") or "")
    assert "Sperrliste" in (farewell("de-DE") or "")
    assert farewell("fr-FR") is None


async def test_who_opts_out_is_told_so_and_the_call_is_over(make_stage):
    stage = await make_stage(hears=("Please do not call me again.",))
    talk = stage.converse(a_spec())
    await until(lambda: stage.record.turns == [("agent", "Hello, this is Ana.")])

    stage.holder.say(noise(0.8))
    outcome = await asyncio.wait_for(talk, 12)

    assert stage.record.heeded == [("opted_out", "Please do not call me again.")]
    assert stage.record.turns[-1] == ("agent", farewell("en-US"))
    assert (outcome.reason, outcome.by) == ("agent_hangup", "agent")
