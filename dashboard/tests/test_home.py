"""`/`, signed in: how the calls go, or what to do first."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import Account
from agents.models import Agent
from calls import tasks
from calls.models import Call
from calls.tests.conftest import make_call
from conftest import make_agent


@pytest.fixture
def calls(account: Account, monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Three of today: one that was answered, one that was not, and one that runs."""
    monkeypatch.setattr(tasks.run_call, "apply_async", lambda **options: None)
    agent, at = make_agent(account), timezone.now()
    placed = [make_call(agent, at=at - timedelta(minutes=1)) for _ in range(3)]
    ended = {"completed_at": at, "ended_by": "user"}
    Call.objects.filter(pk=placed[0].pk).update(
        status="completed", ended_reason="user_hangup", answered_at=at, duration=90, heard_p50_ms=640, **ended
    )
    Call.objects.filter(pk=placed[1].pk).update(status="failed", ended_reason="busy", **ended)
    return placed


def words_of(html: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.decode()).split())


def test_how_the_calls_go(browser: Client, calls: list[Call]) -> None:
    response = browser.get("/?period=today")

    words = words_of(response.content)
    assert "3 calls today" in words
    assert "Calls 3" in words
    assert "Answered 50 % 1 of 2 that ended" in words
    assert "As a table" in words
    assertContains(response, 'aria-current="page">Today')


def test_a_time_that_is_none_is_the_usual(browser: Client, calls: list[Call]) -> None:
    assertContains(browser.get("/?period=year"), 'aria-current="page">7 days')


def test_a_fresh_workspace_is_led_to_a_talk(browser: Client, agent: Agent) -> None:
    response = browser.get("/")

    assertContains(response, "Talk to one now")
    assertContains(response, f"/agents/{agent.public_id}/talk")


def test_calls_of_others_are_not_counted(log_in: Any, calls: list[Call]) -> None:
    other = Account.objects.create(name="Elsewhere")

    response = log_in(other).get("/")

    assertContains(response, "Talk to one now")
    assertNotContains(response, "calls today")


def test_more_calls_cost_no_more_queries(
    browser: Client, calls: list[Call], django_assert_max_num_queries: Any
) -> None:
    Account.objects.update(max_live_calls=30)
    calls[0].agent.account.refresh_from_db()
    for _ in range(20):
        make_call(calls[0].agent, at=timezone.now())

    with django_assert_max_num_queries(10):
        browser.get("/")
