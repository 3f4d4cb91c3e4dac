"""Agents that were told next to nothing: by name and voice only, or in one sentence."""

from __future__ import annotations

from itertools import pairwise

import pytest

from agents.services import HOUSE_PROMPT
from calls.tests.house.talk import house, say, talk
from calls.voice.providers.house.prompt import read_prompt

SUPPORT = "You are a helpful customer support agent."


def test_the_default_prompt_has_nothing_to_ask_or_to_tell() -> None:
    brief = read_prompt(HOUSE_PROMPT)

    assert (brief.role, brief.asks, brief.facts, brief.tells, brief.leads) == ("assistant", (), (), (), False)


def test_a_whole_call_of_the_default_agent() -> None:
    replies = talk(
        house(HOUSE_PROMPT, agent_name="Anna"),
        "Who is calling?",
        "What is this call about?",
        "How much does it cost?",
        "When are you open?",
        "Thank you very much for your help.",
        "No, that's all. Goodbye.",
    )

    assert [reply.text for reply in replies] == [
        "This is Anna, your assistant.",
        "I can answer your questions. What would you like to know?",
        "I'm sorry, I don't know that.",
        "I'm afraid I don't have that information.",
        "You're welcome. Is there anything else I can help you with?",
        "Thank you for your time. Goodbye.",
    ]
    assert [reply.ends_call for reply in replies] == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("prompt", "greeting"),
    [
        (HOUSE_PROMPT, "Hello, this is your assistant. How can I help you today?"),
        (SUPPORT, "Hello, this is your customer support agent. How can I help you today?"),
    ],
)
def test_says_what_it_is(prompt: str, greeting: str) -> None:
    assert house(prompt).first_message() == greeting


@pytest.mark.parametrize("prompt", [HOUSE_PROMPT, SUPPORT, ""], ids=["default", "support", "none"])
@pytest.mark.parametrize(
    ("heard", "text"),
    [
        ("Wait, can I ask you a question?", "Of course, go ahead."),
        ("I have a question.", "Of course, go ahead."),
        ("I've got a quick question for you", "Of course, go ahead."),
        ("Can you help me?", "Of course, go ahead."),
        ("May I ask something?", "Of course, go ahead."),
        ("Could I just ask you one thing?", "Of course, go ahead."),
        ("Can I leave a message?", "Of course, go ahead."),
        ("I need some help with my bill", "I'll do my best. What would you like to know?"),
        ("Why are you calling me?", "I can answer your questions. What would you like to know?"),
        (
            "I have a problem with my order",
            "I'm sorry to hear that. I've noted it on this call. Is there anything else I can help you with?",
        ),
    ],
)
def test_what_callers_open_with(prompt: str, heard: str, text: str) -> None:
    assert say(house(prompt), heard).text == text


def test_a_question_behind_the_asking_to_ask_is_answered() -> None:
    engine = house("You are an agent at Foo. A cleaning costs $95.")

    assert say(engine, "Can I ask you a question? How much is a cleaning?").text == "A cleaning costs 95 dollars."


def test_a_message_is_noted() -> None:
    reply = say(house(HOUSE_PROMPT), "Can you take a message?", "Tell John that Peter called")

    assert reply.text == "Thank you, I've noted that. Is there anything else I can help you with?"


def test_not_knowing_is_never_said_twice_alike() -> None:
    for prompt in (HOUSE_PROMPT, 'You are an agent. If you don\'t know the answer, say "Please write to us."'):
        said = [reply.text for reply in talk(house(prompt), "How much is it?", "Where are you?", "Do you deliver?")]

        assert all(one != other for one, other in pairwise(said))


def test_repeats_the_last_thing_of_substance() -> None:
    engine = house("You are an agent at Foo. A cleaning costs $95.")

    reply = say(engine, "How much is a cleaning?", "Do you sell hats?", "Can you repeat that please?")

    assert reply.text == "I said that I don't know that. Before that: A cleaning costs 95 dollars."


def test_with_nothing_of_substance_it_repeats_what_it_said() -> None:
    replies = talk(house(HOUSE_PROMPT), "Do you sell hats?", "Pardon?", "Pardon?")

    assert [reply.text for reply in replies[1:]] == ["I said: I'm sorry, I don't know that."] * 2


def test_yes_to_anything_else_waits_for_it() -> None:
    assert say(house(HOUSE_PROMPT), "Thank you", "Yes please").text == "Of course, go ahead."
