"""What an operator's note does to the next reply."""

from __future__ import annotations

import pytest

from calls.tests.house.personas import DENTAL
from calls.tests.house.talk import house, say, talk


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("Offer a 10 percent discount", "I can offer you a 10 percent discount."),
        ("offer them a 10% discount", "I can offer you a 10 percent discount."),
        ("Say that the doctor is running late.", "The doctor is running late."),
        ('say "We will call you back today."', "We will call you back today."),
        ("Tell them their order has shipped", "Your order has shipped."),
        ("apologize for the delay", "I apologize for the delay."),
        ("Ask for their email", "What is your email address?"),
    ],
)
def test_an_instruction_is_heeded_in_the_next_reply(note: str, said: str) -> None:
    replies = talk(house(DENTAL.prompt), "Hello", f"note: {note}", "How much is a cleaning?", "And whitening?")

    assert "95 dollars" in replies[1].text
    assert said in replies[1].text
    assert said not in replies[2].text


def test_a_fact_is_known_from_then_on() -> None:
    engine = house(DENTAL.prompt)

    before = say(engine, "Is Dr. Gomez on vacation?")
    after = say(engine, "note: Dr. Gomez is on vacation until Monday", "Hello", "Is Dr. Gomez on vacation?")

    assert "vacation" not in before.text
    assert after.text == "Dr. Gomez is on vacation until Monday."


@pytest.mark.parametrize("note", ["wrap up", "Please end the call now", "say goodbye"])
def test_wrapping_up_ends_the_call(note: str) -> None:
    reply = say(house(DENTAL.prompt), "Hello", f"note: {note}", "How much is a cleaning?")

    assert reply.ends_call
    assert reply.text == "A cleaning costs 95 dollars. Thank you for calling Bright Smile Dental. Goodbye."


def test_a_note_about_manner_changes_nothing() -> None:
    assert (
        say(house(DENTAL.prompt), "note: be more friendly", "How much is a cleaning?").text
        == "A cleaning costs 95 dollars."
    )
