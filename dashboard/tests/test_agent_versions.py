"""What an agent was, what differs, and back to it."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from accounts import audit
from accounts.models import Account, AuditEntry, Membership, User
from agents import services as agents
from agents.models import Agent

pytestmark = pytest.mark.usefixtures("db")

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def changed(account: Account, agent: Agent) -> Agent:
    """An agent of three versions."""
    by = audit.Actor(user=User.objects.get(email="owner@example.com"))
    prompt = "\n".join(f"Line {number}." for number in range(1, 21))
    agents.update_agent(agent=agent, settings={"prompt": prompt}, by=by, at=timezone.now())
    agents.update_agent(
        agent=agent,
        settings={"prompt": prompt.replace("Line 3.", "Another."), "voicemail_action": "hang_up", "voice": "joe"},
        by=by,
        at=timezone.now(),
    )
    return agent


def words(answer: Any) -> str:
    return " ".join(answer.text.split())


def test_the_list_says_who_changed_what(browser, changed):
    text = words(browser.get(f"/agents/{changed.public_id}/versions"))

    assert "> Voice, Prompt, When voicemail answers <" in text
    assert "> First version <" in text
    assert text.count("owner@example.com ·") == 2
    assert "VaniAgent, or somebody who is gone" in text


def test_the_list_goes_on_over_pages(browser, agent):
    for number in range(30):
        agents.update_agent(agent=agent, settings={"name": f"Name {number}"})

    assert browser.get(f"/agents/{agent.public_id}/versions").text.count('agent-version"') == 25
    last = browser.get(f"/agents/{agent.public_id}/versions?page=2")
    assert words(last).count("> Name <") == 5
    assert "First version" in last.text


def test_the_list_costs_a_constant_number_of_queries(browser, agent, django_assert_num_queries):
    queries = 7
    agents.update_agent(agent=agent, settings={"name": "Eve"})
    with django_assert_num_queries(queries):
        browser.get(f"/agents/{agent.public_id}/versions")
    for number in range(30):
        agents.update_agent(agent=agent, settings={"name": f"Name {number}"})

    with django_assert_num_queries(queries):
        browser.get(f"/agents/{agent.public_id}/versions")


def test_a_version_shows_what_it_changed(browser, changed):
    text = words(browser.get(f"/agents/{changed.public_id}/versions/3"))

    assert "<del>Line 3.</del>" in text
    assert "<ins>Another.</ins>" in text
    assert "14 lines that stayed" in text
    assert "<del>Leave a message</del>" in text
    assert "<ins>Hang up</ins>" in text
    assert "<ins>Joe (joe)</ins>" in text


def test_two_versions_are_compared(browser, changed):
    text = words(browser.get(f"/agents/{changed.public_id}/versions/3?against=1"))

    assert "What differs from version 1" in text
    assert "<ins>Line 20.</ins>" in text
    assert "Nothing: the two are alike." in browser.get(f"/agents/{changed.public_id}/versions/2?against=2").text


@pytest.mark.parametrize("address", ["4", "0", "99999999999999999999", "3?against=9", "3?against=x", "3?against=²"])
def test_versions_that_never_were_are_not_found(browser, changed, address):
    assert browser.get(f"/agents/{changed.public_id}/versions/{address}").status_code == 404


def test_restoring_makes_a_new_version(browser, account, changed):
    answer = browser.post(f"/agents/{changed.public_id}/versions/1/restore")

    assertRedirects(answer, f"/agents/{changed.public_id}")
    current = Agent.objects.select_related("current", "current__author").get(pk=changed.pk).current
    assert (current.number, current.restored_from, current.prompt) == (4, 1, agents.HOUSE_PROMPT)
    assert current.author.email == f"owner-{account.pk}@example.com"
    assert AuditEntry.objects.filter(action="agent.restored").count() == 1
    assert "Version 1 restored" in browser.get(f"/agents/{changed.public_id}/versions").text


def test_viewers_read_and_do_not_restore(account, changed, log_in):
    viewer = log_in(account, Membership.Role.VIEWER)

    assert "/restore" not in viewer.get(f"/agents/{changed.public_id}/versions/1").text
    assert viewer.post(f"/agents/{changed.public_id}/versions/1/restore").status_code == 403
    assert agents.versions_of(changed).count() == 3


def test_an_archived_agent_says_why_it_is_not_restored(browser, changed):
    agents.archive_agent(agent=changed)

    answer = browser.post(f"/agents/{changed.public_id}/versions/1/restore", follow=True)

    assert "This agent is archived and cannot be changed." in answer.text
    assert agents.versions_of(changed).count() == 3


def test_what_was_written_is_shown_as_text(browser, agent):
    agents.update_agent(agent=agent, settings={"name": HOSTILE, "prompt": HOSTILE, "first_message": HOSTILE})
    agents.update_agent(agent=agent, settings={"prompt": f"{HOSTILE}\nMore."})

    for number in (2, 3):
        text = browser.get(f"/agents/{agent.public_id}/versions/{number}").text
        assert HOSTILE not in text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_versions_tell_what_is_owed_in_words(browser, agent):
    wanted = {
        "recording_announcement": f"We record. {HOSTILE}",
        "consent": {"ask": "May we?", "if_no": "go_on_unrecorded"},
        "max_calls_per_day": 2,
        "max_calls_per_week": 5,
    }
    agents.update_agent(agent=agent, settings={"compliance": wanted})

    told = browser.get(f"/agents/{agent.public_id}/versions/2").text

    assert "Recording, consent and calls to one number" in told
    assert "Question for consent: May we?" in told
    assert "After a no: no recording" in told
    assert "Calls to one number a day: 2" in told
    assert HOSTILE not in told
