"""What the house engine understood of a prompt, in words."""

from __future__ import annotations

import pytest

from conftest import make_agent

pytestmark = pytest.mark.usefixtures("db")

PROMPT = """You are Clara, the receptionist of Bright Smile Dental in Austin.

- Cleaning costs 120 dollars.
Ask for their name if they want to book.
If the caller has an emergency, tell them to come in at once.
Never give medical advice.
Be friendly and professional."""


def test_it_says_what_was_understood_and_what_was_not(browser, account):
    agent = make_agent(account, prompt=PROMPT)

    text = " ".join(browser.get(f"/agents/{agent.public_id}/facts").text.split())

    assert "Clara" in text
    assert "Bright Smile Dental" in text
    assert "<h2>Prices</h2>" in text
    assert "<li>Cleaning costs 120 dollars.</li>" in text
    assert "May I have your name, please?" in text
    assert "Only if: they want to book" in text
    assert "If: the caller has an emergency" in text
    assert "<li>give medical advice</li>" in text
    assert "<li>Be friendly and professional.</li>" in text.partition("What it took nothing from")[2]


def test_a_prompt_without_facts_is_told_so(browser, account):
    agent = make_agent(account, prompt="Be nice.")

    assert "Nothing to say, ask or heed was found" in browser.get(f"/agents/{agent.public_id}/facts").text


def test_another_language_needs_a_language_model(browser, account):
    agent = make_agent(account, prompt="Sei nett.", language="de-DE")

    assert "needs a language model" in browser.get(f"/agents/{agent.public_id}/facts").text
    assert "needs a language model" not in browser.get(f"/agents/{make_agent(account).public_id}/facts").text


def test_prompts_are_shown_as_text(browser, account):
    agent = make_agent(account, name="<b>Eve</b>", prompt="- <script>alert(1)</script> costs 5 dollars.\n- <b>Nope</b>")

    text = browser.get(f"/agents/{agent.public_id}/facts").text

    assert "<script>alert" not in text
    assert "<b>" not in text
    assert "costs 5 dollars" in text
