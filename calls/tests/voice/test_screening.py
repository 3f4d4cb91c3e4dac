from __future__ import annotations

import pytest

from calls.voice.screening import HOLD_SECONDS, Screening, introduction, is_screening
from calls.voice.voicemail import is_machine_greeting

APPLE = "Hi, if you record your name and reason for calling, I'll see if this person is available."
GOOGLE = (
    "Hi, the person you're calling is using a screening service from Google and will get a copy of this conversation."
    " Go ahead and say your name and why you're calling."
)


@pytest.mark.parametrize(
    "words",
    [
        APPLE,
        GOOGLE,
        "Please state your name and the reason for your call.",
        "Bitte nennen Sie Ihren Namen und den Grund Ihres Anrufs.",
    ],
)
def test_an_assistant_is_known_and_is_no_machine(words: str) -> None:
    assert is_screening(words)
    # Words come one by one: at no moment is it taken for an answering machine.
    parts = words.split()
    assert not any(is_machine_greeting(" ".join(parts[:count])) for count in range(len(parts) + 1))


@pytest.mark.parametrize(
    "words",
    ["Hello?", "Who is this?", "What is this about?", "My name is Tom.", "Can I have your name please?"],
)
def test_a_person_is_no_assistant(words: str) -> None:
    assert not is_screening(words)


def test_it_is_answered_then_the_person_is_waited_for() -> None:
    now = 0.0
    screening = Screening(lambda: now)

    assert not screening.is_waiting
    assert screening.asks(APPLE)
    assert screening.is_waiting
    assert screening.holds("Thanks. Please stay on the line.")
    assert not screening.holds("Hello?")
    assert not screening.is_waiting
    # Whoever quotes it later is a person.
    assert not screening.asks(APPLE)


def test_nobody_is_waited_for_without_end() -> None:
    now = [0.0]
    screening = Screening(lambda: now[0])
    assert [screening.asks(APPLE) for _ in range(3)] == [True, True, False]

    now[0] = HOLD_SECONDS + 1

    assert not screening.is_waiting


@pytest.mark.parametrize(
    ("given", "opening", "language", "said"),
    [
        ("Ana from Oak Dental, about your visit.", "Hello?", "en-US", "Ana from Oak Dental, about your visit."),
        (None, "Hello, this is Ana from Oak Dental. How are you?", "en-US", "Hello, this is Ana from Oak Dental."),
        (None, "How can I help you?", "en-US", "This is Ana."),
        (None, "Wie geht es Ihnen?", "de-DE", "Hier ist Ana."),
    ],
)
def test_who_calls_and_why(given: str | None, opening: str, language: str, said: str) -> None:
    assert introduction(given, opening=opening, agent_name="Ana", language=language) == said
