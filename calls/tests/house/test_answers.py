"""What counts as an answer to an open question, and what is something else."""

from __future__ import annotations

import pytest

from calls.tests.house.talk import house, say, talk
from calls.voice.providers.house.asks import Ask
from calls.voice.providers.house.conversation import is_answer

VISIT = (
    "You are Leo from Northwind Energy. You call customers to confirm their meter reading appointment. "
    "The appointment is on Thursday between 2 and 4 pm. The technician is called Mark. The visit is free. "
    "Ask whether somebody will be at home and ask for a phone number to reach them. "
    "If they want to reschedule, tell them to call 555 0100."
)
LIKED = Ask("What did you like most?", "text")
NAME = Ask("May I have your name, please?", "name")
PHONE = Ask("What is the best phone number to reach you?", "phone")
HOME = Ask("Will somebody be at home?", "yes_no")


@pytest.mark.parametrize("ask", [LIKED, NAME, PHONE, HOME], ids=lambda ask: ask.kind)
@pytest.mark.parametrize(
    "heard",
    [
        "Thank you very much for your help.",
        "Thanks, that's very kind of you.",
        "You've been very helpful, thank you.",
        "I appreciate your help.",
        "Goodbye!",
        "Have a nice day.",
        "What?",
        "Why?",
        "What for?",
        "Why do you need that?",
        "I'd rather not say.",
        "I don't want to give you that.",
        "That's private.",
        "Wait, can I ask you a question?",
        "Can you help me?",
    ],
)
def test_is_no_answer(ask: Ask, heard: str) -> None:
    assert not is_answer(ask, heard)


@pytest.mark.parametrize(
    ("ask", "heard"),
    [
        (LIKED, "The breakfast, thank you very much."),
        (LIKED, "The staff were very helpful."),
        (NAME, "It's Maria Lopez, thanks."),
        (NAME, "Tom"),
        (PHONE, "My number is 415 555 0134, thank you."),
        (PHONE, "It's the number you called."),
        (PHONE, "I don't have one."),
        (HOME, "No, thank you."),
        (HOME, "My wife will be there."),
    ],
)
def test_is_an_answer(ask: Ask, heard: str) -> None:
    assert is_answer(ask, heard)


@pytest.mark.parametrize("heard", ["I have a toothache", "Yes, I will be home.", "Pizza with cheese", "Very nice"])
def test_is_no_name(heard: str) -> None:
    assert not is_answer(NAME, heard)


def test_thanks_do_not_answer() -> None:
    reply = say(house(VISIT), "Yes", "Thank you very much for your help.")

    assert reply.text == "You're welcome. So, will somebody be at home?"


def test_a_refusal_is_respected() -> None:
    replies = talk(house(VISIT), "Yes", "Yes", "I'd rather not say.", "Okay")

    assert [reply.text for reply in replies[2:]] == [
        "That's all right. That's all I needed. Is there anything else I can help you with?",
        "All right. Is there anything else I can help you with?",
    ]


def test_says_why_it_asks() -> None:
    reply = say(house(VISIT), "Yes", "Yes", "Why do you need my number?")

    assert reply.text == "I've been asked to note it for Northwind Energy. You don't have to say it."


def test_an_open_question_is_come_back_to_once() -> None:
    replies = talk(house(VISIT), "Yes", "When is the appointment?", "Who is the technician?", "Is it free?")

    assert [reply.text for reply in replies] == [
        "Great. Will somebody be at home?",
        "The appointment is on Thursday between 2 and 4 pm. So, will somebody be at home?",
        "The technician is called Mark. What is the best phone number to reach you?",
        "The visit is free. And your number, please?",
    ]


def test_an_answer_finds_the_earlier_question_it_belongs_to() -> None:
    replies = talk(
        house(VISIT),
        "Yes",
        "When is it?",
        "Who is the technician?",
        "Yes, I will be home.",
        "My number is 415 555 0134",
    )

    assert [reply.text for reply in replies[3:]] == [
        "Great. And your number, please?",
        "I have 4 1 5, 5 5 5, 0 1 3 4. That's all I needed. Is there anything else I can help you with?",
    ]


@pytest.mark.parametrize(
    ("heard", "text"),
    [
        ("Can I reschedule?", "Please call 5 5 5, 0 1 0 0."),
        ("Can I move it to Friday?", "Please call 5 5 5, 0 1 0 0."),
        ("What number should I call to reschedule?", "Please call 5 5 5, 0 1 0 0."),
        ("Who is the technician?", "The technician is called Mark."),
        ("When is the appointment?", "The appointment is on Thursday between 2 and 4 pm."),
        ("Does it cost anything?", "The visit is free."),
    ],
)
def test_answers_the_questions_of_the_person_it_calls(heard: str, text: str) -> None:
    assert say(house(VISIT), "Yes", "Yes", heard).text == f"{text} And your number, please?"


def test_a_rule_can_be_asked_for_again() -> None:
    replies = talk(house(VISIT), "Yes", "Can I reschedule?", "Sorry, can I reschedule?")

    assert all(reply.text.startswith("Please call 5 5 5, 0 1 0 0.") for reply in replies[1:])
