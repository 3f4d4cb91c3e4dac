"""What is read out of a prompt."""

from __future__ import annotations

import time

import pytest

from calls.tests.house.personas import DELIVERY, DENTAL, REAL_ESTATE, REMINDER, RESTAURANT, SURVEY, Case
from calls.voice.providers.house.prompt import read_prompt


def test_reads_name_role_and_company() -> None:
    brief = read_prompt(DENTAL.prompt)

    assert (brief.name, brief.role, brief.company) == ("Anna", "receptionist", "Bright Smile Dental")


@pytest.mark.parametrize(
    ("prompt", "name", "company"),
    [
        ("You are a friendly receptionist at Oak Clinic named Tom.", "Tom", "Oak Clinic"),
        ("Your name is Priya. You work for Sunrise Travel.", "Priya", "Sunrise Travel"),
        ("You are Sam from Acme Corp.", "Sam", "Acme Corp"),
        ("Act as the concierge of the Grand Hotel.", "", "Grand Hotel"),
        ("You are a helpful customer support agent.", "", ""),
        ("", "", ""),
    ],
)
def test_reads_who_the_agent_is(prompt: str, name: str, company: str) -> None:
    brief = read_prompt(prompt)

    assert (brief.name, brief.company) == (name, company)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("You are open 9 to 5.", "We are open 9 to 5."),
        ("You don't accept walk-ins.", "We don't accept walk-ins."),
        ("A cleaning costs $95.", "A cleaning costs 95 dollars."),
        ("Your office is open 9am-5pm.", "Our office is open 9 am to 5 pm."),
        ("You can park behind the building.", "You can park behind the building."),
        ("Parking: free behind the building", "Parking is free behind the building."),
        ("Hours: Mon-Fri 9am-5pm", "Our hours are Monday to Friday 9 am to 5 pm."),
        ("Write to help@acme.com, 20% is refunded.", "Write to help at acme dot com, 20 percent is refunded."),
    ],
)
def test_facts_are_said_as_speech(written: str, said: str) -> None:
    texts = [fact.text for fact in read_prompt(f"You are an agent.\n\n{written}").facts]

    assert said in texts or texts == []
    assert texts == [] or texts[0] == said


def test_manners_are_no_facts() -> None:
    brief = read_prompt(
        "You are an agent at Foo.\nBe concise. Never give medical advice. Always be polite. Keep answers short. Don't argue.\nWe sell shoes."
    )

    assert [fact.text for fact in brief.facts] == ["We sell shoes."]
    assert brief.limits == ("give medical advice",)


@pytest.mark.parametrize(
    ("case", "asked"),
    [
        (
            DENTAL,
            [
                "May I have your name, please?",
                "What is the best phone number to reach you?",
                "What day and time would suit you?",
            ],
        ),
        (REMINDER, ["Can you make it?"]),
        (
            SURVEY,
            [
                "How would you rate your stay from 1 to 10?",
                "What did you like most?",
                "What could we do better?",
                "Would you recommend us to a friend?",
            ],
        ),
        (
            RESTAURANT,
            [
                "May I have your name, please?",
                "How many people will that be?",
                "What day and time would suit you?",
                "What is the best phone number to reach you?",
            ],
        ),
        (DELIVERY, ["What is your tracking number?"]),
        (
            REAL_ESTATE,
            [
                "Could you tell me how many people will live there?",
                "When do you want to move in?",
                "Do you have pets?",
                "What is your monthly income?",
                "May I have your name, please?",
                "What is the best phone number to reach you?",
            ],
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_reads_what_to_ask_for(case: Case, asked: list[str]) -> None:
    assert [ask.question for ask in read_prompt(case.prompt).asks] == asked


@pytest.mark.parametrize(
    ("instruction", "question"),
    [
        ("Ask if they have been here before.", "Have you been here before?"),
        ("Ask whether they need a ride.", "Do you need a ride?"),
        ("Find out when they want to move in.", "When do you want to move in?"),
        ("Ask what their budget is.", "What is your budget?"),
        ("Ask them to rate the service from 1 to 10.", "Could you please rate the service from 1 to 10?"),
        ("Collect the caller's email.", "What is your email address?"),
        ('Ask: "How did you hear about us?"', "How did you hear about us?"),
        ("Get their date of birth.", "What is your date of birth?"),
    ],
)
def test_puts_instructions_as_questions(instruction: str, question: str) -> None:
    assert [ask.question for ask in read_prompt(f"You are an agent.\n{instruction}").asks] == [question]


def test_question_and_answer_pairs() -> None:
    brief = read_prompt(
        "You are an agent.\nQ: Do you ship abroad?\nA: Yes, to Canada only.\nQ: Is there a fee? A: No, never."
    )

    assert [fact.text for fact in brief.facts] == ["Yes, to Canada only.", "No, never."]


def test_conditions_become_rules() -> None:
    brief = read_prompt(
        'You are an agent. If the caller is angry, say "I understand, let\'s sort this out." If they ask about refunds, tell them that refunds take 5 days.'
    )

    assert [(rule.when, rule.say) for rule in brief.rules] == [
        ("the caller is angry", "I understand, let's sort this out."),
        ("they ask about refunds", "Refunds take 5 days."),
    ]


@pytest.mark.parametrize(
    "prompt",
    [
        "a" * 100_000,
        "ask for " * 20_000,
        "(" * 5_000 + "*" * 5_000,
        "\x00\ud83d\ude00\u202e".encode("utf-16", "surrogatepass").decode("utf-16", "replace") * 2_000,
        "You are " * 5_000,
        "Q: " * 7_000,
        "- " * 10_000,
        "if " * 7_000 + ", say x",
        "$1,1,1,1," * 3_000,
        "a.b@" * 5_000,
        "1 2 3 " * 4_000,
        '"' * 20_000,
        "never give " * 3_000,
        "\n" * 20_000,
        ("We are open from 9 to 5 and " * 200 + ". ") * 5,
    ],
    ids=lambda prompt: repr(prompt[:8]),
)
def test_any_prompt_is_read_quickly(prompt: str) -> None:
    before = time.perf_counter()
    brief = read_prompt(prompt)

    assert time.perf_counter() - before < 2.0
    assert len(brief.facts) <= 310
