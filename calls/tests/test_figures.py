"""The figures of the first page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.models import Agent
from calls.services import figures
from calls.services.figures import Credits, Day, Figures, Live
from calls.tests.conftest import NOW
from calls.tests.test_finding import ended
from conftest import make_agent
from vaniagent.lib.money import MICRO

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


def test_nothing_yet(account: Any) -> None:
    found = figures.figures(account=account, since=NOW - DAY, until=NOW)

    assert found == Figures(0, 0, 0, 0, 0, None, None, ())
    assert found.answered_percent is None
    assert figures.credits_left(account=account, at=NOW) == Credits(5 * MICRO, 0, 0, None)


def test_calls_of_a_time(agent: Agent, other_account: Any, django_assert_num_queries: Any) -> None:
    ended(agent, duration=90, cost=150_000, heard_p50_ms=400, heard_p95_ms=900)
    ended(agent, duration=30, cost=50_000, heard_p50_ms=600, heard_p95_ms=700)
    ended(agent, status="failed", ended_reason="busy", answered_at=None, duration=0, cost=0)
    ended(agent, created_at=NOW - 2 * DAY)
    ended(make_agent(other_account))
    ended(agent, status="in_progress", completed_at=None, ended_reason=None, duration=None)

    with django_assert_num_queries(2):
        found = figures.figures(account=agent.account, since=NOW - DAY, until=NOW + DAY)

    assert found == Figures(4, 3, 2, 120, 200_000, 400, 900, (("user_hangup", 2), ("busy", 1)))
    assert found.answered_percent == 67
    assert figures.live(account=agent.account) == Live(1, 5)


def test_days_in_the_readers_zone(agent: Agent) -> None:
    ended(agent, created_at=NOW.replace(hour=23, minute=30))
    ended(agent, created_at=NOW, answered_at=None, duration=0)

    found = figures.days(account=agent.account, since=NOW, until=NOW + 2 * DAY, zone=BERLIN)

    assert found == [
        Day(date(2026, 3, 1), 1, 0, 0, None),
        Day(date(2026, 3, 2), 1, 1, 60, None),
        Day(date(2026, 3, 3), 0, 0, 0, None),
    ]


def test_when_credits_run_out(agent: Agent) -> None:
    # A credit a day, of five.
    ended(agent, created_at=NOW - 4 * DAY, cost=3 * MICRO)
    ended(agent, created_at=NOW - DAY, cost=1 * MICRO)
    ended(agent, created_at=NOW - 20 * DAY, cost=50 * MICRO)

    assert figures.credits_left(account=agent.account, at=NOW) == Credits(5 * MICRO, 0, MICRO, NOW + 5 * DAY)


def test_credits_that_last_a_year_do_not_run_out(agent: Agent) -> None:
    ended(agent, created_at=NOW - DAY, cost=10)

    assert figures.credits_left(account=agent.account, at=NOW).run_out_at is None


def test_large_sums(agent: Agent) -> None:
    ended(agent, created_at=NOW - DAY, cost=10**15)

    assert figures.credits_left(account=agent.account, at=NOW).spent_per_day == 10**15
