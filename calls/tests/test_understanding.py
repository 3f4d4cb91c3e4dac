"""What an owner is shown of how a prompt was understood."""

from __future__ import annotations

from calls.understanding import KnownFact, KnownRule, Question, understand

PROMPT = """You are Clara, the receptionist of Bright Smile Dental in Austin.

Services:
- Cleaning: $120
- Root canal

Hours: Monday to Friday 9 to 5.
Address: 12 Main Street.
If the caller has an emergency, tell them to come in at once.
Ask for their name if they want to book.
Never give medical advice.
End the call by saying "Thanks, bye!"
"""


def test_facts_questions_rules_and_limits() -> None:
    found = understand(prompt=PROMPT, name="Reception")

    assert (found.name, found.role, found.company) == ("Clara", "receptionist", "Bright Smile Dental")
    assert not found.leads
    assert not found.is_empty
    assert found.first_message == "Hello, this is Clara from Bright Smile Dental. How can I help you today?"
    assert found.goodbye == "Thanks, bye!"
    assert found.questions == (Question("May I have your name, please?", "name", "they want to book"),)
    assert found.rules == (KnownRule("the caller has an emergency", "Please come in at once."),)
    assert found.never == ("give medical advice",)
    assert KnownFact("price", "Cleaning is 120 dollars.") in found.facts
    assert KnownFact("hours", "Our hours are Monday to Friday 9 to 5.") in found.facts
    assert KnownFact("place", "Our address is 12 Main Street.") in found.facts
    assert KnownFact("other", "Services: Root canal.") in found.facts


def test_the_owners_own_greeting() -> None:
    assert understand(prompt=PROMPT, first_message="Welcome!").first_message == "Welcome!"


def test_nothing_understood() -> None:
    found = understand(prompt="")

    assert found.is_empty
    assert found.facts == ()
    assert found.first_message == "Hello. How can I help you today?"


def test_sentences_that_nothing_came_from_are_told() -> None:
    found = understand(prompt=f"{PROMPT}Answer briefly.\nBe friendly and professional.\n")

    assert found.unused == ("Answer briefly.", "Be friendly and professional.")


def test_a_sentence_with_a_price_is_no_price_list() -> None:
    found = understand(
        prompt="You are a receptionist.\n\nFacts:\n- Dogs are welcome for 10 dollars a night.\n- Sauna: $8"
    )

    assert [fact.text for fact in found.facts] == ["Dogs are welcome for 10 dollars a night.", "Sauna is 8 dollars."]
