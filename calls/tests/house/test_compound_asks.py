"""Several things to ask for in one sentence are several questions."""

from __future__ import annotations

import pytest

from calls.voice.providers.house.notes import heed
from calls.voice.providers.house.prompt import read_prompt

NAME, PHONE = "May I have your name, please?", "What is the best phone number to reach you?"


@pytest.mark.parametrize(
    ("instruction", "asked"),
    [
        (
            "Ask whether somebody will be at home and ask for a phone number to reach them.",
            ["Will somebody be at home?", PHONE],
        ),
        ("Ask whether somebody will be at home and for a phone number.", ["Will somebody be at home?", PHONE]),
        ("Ask for their name, phone number and email.", [NAME, PHONE, "What is your email address?"]),
        (
            "Find out when they want to move in and whether they have pets.",
            ["When do you want to move in?", "Do you have pets?"],
        ),
        ("Find out their name and whether the delivery has arrived.", [NAME, "Has the delivery arrived?"]),
        (
            "Ask for their name, the address of the property they are interested in, and their budget.",
            [NAME, "What is the address of the property you are interested in?", "What is your budget?"],
        ),
        ("Greet the caller and ask for their name.", [NAME]),
        ("Collect the caller's name and a number where they can be reached.", [NAME, PHONE]),
        (
            "Ask if they liked the food and if they would come again, and record the answers.",
            ["Could you tell me whether you liked the food?", "Would you come again?"],
        ),
        ("Ask if they want a cleaning and a checkup.", ["Do you want a cleaning and a checkup?"]),
        ("Ask whether they have a dog and say goodbye.", ["Do you have a dog?"]),
        ("Ask how you can help, and say goodbye when everything is settled.", []),
        ("Greet the caller and ask what you can do for them.", []),
        ("Never be pushy and ask for money.", []),
    ],
)
def test_each_thing_is_a_question_of_its_own(instruction: str, asked: list[str]) -> None:
    brief = read_prompt(f"You are an agent at Foo. {instruction}")

    assert [ask.question for ask in brief.asks] == asked
    assert brief.facts == ()


def test_a_shared_condition_holds_for_each() -> None:
    brief = read_prompt("If they want to book, ask for their name and ask when they would like to come.")

    assert [(ask.question, ask.when) for ask in brief.asks] == [
        (NAME, "they want to book"),
        ("When would you like to come?", "they want to book"),
    ]


def test_what_is_to_be_told_after_asking_is_told() -> None:
    brief = read_prompt("Ask if the appointment is still convenient, and tell them the visit is free.")

    assert [ask.question for ask in brief.asks] == ["Is the appointment still convenient?"]
    assert brief.tells == ("The visit is free.",)


def test_notes_ask_for_several_things_too() -> None:
    asks = heed("Ask whether somebody will be at home and ask for a phone number.").asks

    assert [ask.question for ask in asks] == ["Will somebody be at home?", PHONE]
