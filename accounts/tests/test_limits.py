"""An account's limits: its plan's numbers, and its own."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.limits import Limits, limits_of, windows_for
from accounts.models import Account, Plan
from conftest import ApiClient, make_account, make_key
from vaniagent.lib.rate_limits import Window


@pytest.mark.parametrize(
    ("plan", "limits"),
    [
        (Plan.STARTER, Limits(100, 1_000, 60, 5)),
        (Plan.PROFESSIONAL, Limits(500, 10_000, 300, 25)),
        (Plan.ENTERPRISE, Limits(6_000, 200_000, 6_000, 100)),
    ],
)
def test_plans(plan: Any, limits: Any) -> None:
    assert limits_of(Account(plan=plan)) == limits


def test_own_numbers_outrank_the_plans() -> None:
    account = Account(plan=Plan.ENTERPRISE, requests_per_minute=7, requests_per_hour=0, max_live_calls=1)

    assert limits_of(account) == Limits(7, 0, 7, 1)


def test_new_calls_count_in_a_window_of_their_own() -> None:
    account = Account(plan=Plan.STARTER)
    both = [Window("minute", 60, 100), Window("hour", 3600, 1000)]

    assert windows_for(account, method="GET", path="/v1/calls") == both
    assert windows_for(account, method="POST", path="/v1/calls") == [*both, Window("new-calls-minute", 60, 60)]


@pytest.mark.django_db
def test_past_the_limit() -> None:
    api = ApiClient(make_key(make_account(requests_per_minute=1_000, requests_per_hour=2)))

    answers = [api.get("/v1/voices") for _ in range(3)]

    assert [r.status_code for r in answers] == [200, 200, 429]
    assert [r.headers["X-RateLimit-Remaining"] for r in answers] == ["1", "0", "0"]
    assert answers[2].headers["X-RateLimit-Limit"] == "2"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 3600
    error = answers[2].json()["error"]
    assert (error["code"], error["type"], error["param"]) == ("rate_limit_exceeded", "rate_limit_error", None)
