"""What an operator said on the phone in the agent's place outranks the prompt."""

from __future__ import annotations

import pytest

from calls.tests.house.personas import DENTAL
from calls.tests.house.talk import house
from calls.voice.providers.house import Message

OTHERS = "How can I help you?"


def reply(told: list[str], question: str) -> str:
    engine = house(DENTAL.prompt)
    history = [Message("agent", engine.first_message()), Message("user", "Hello")]
    history += [Message("told", text) for text in told]
    return engine.reply([*history, Message("user", question)]).text


@pytest.mark.parametrize(
    ("told", "question", "answer"),
    [
        (["A cleaning costs 70 dollars this week."], "How much is a cleaning?", "70 dollars"),
        (["Today we close at three."], "When do you close today?", "close at three"),
        (["Whitening is 199 dollars for you."], "How much is whitening?", "199 dollars"),
    ],
)
def test_it_is_what_is_told(told: list[str], question: str, answer: str) -> None:
    assert answer not in reply([], question)

    assert answer in reply([*told, OTHERS], question)


def test_the_newer_word_counts() -> None:
    told = ["A cleaning costs 70 dollars this week.", "A cleaning costs 65 dollars for you."]

    assert "65 dollars" in reply(told, "How much is a cleaning?")


def test_what_it_says_nothing_of_is_the_prompt_s() -> None:
    told = ["A cleaning costs 70 dollars this week."]

    assert reply(told, "Where can I park?") == reply([], "Where can I park?")
    assert reply(told, "How much is whitening?") == reply([], "How much is whitening?")
