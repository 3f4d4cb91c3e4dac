"""Section 7 of the contract: limits, as a client sees them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Plan
from conftest import ApiClient, make_account, make_key

pytestmark = pytest.mark.django_db

BODY = {"agent_id": "agent_nothere", "to_number": "+1234567890"}


@pytest.fixture(autouse=True)
def _one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test runs from one minute of the clock into the next."""
    now = timezone.now().replace(second=20)
    monkeypatch.setattr(timezone, "now", lambda: now)


def standing(response: Any) -> tuple[int, int]:
    return int(response.headers["X-RateLimit-Limit"]), int(response.headers["X-RateLimit-Remaining"])


@pytest.mark.parametrize(
    ("plan", "requests", "new_calls"),
    [(Plan.STARTER, 100, 60), (Plan.PROFESSIONAL, 500, 300), (Plan.ENTERPRISE, 6_000, 6_000)],
)
def test_new_calls_count_besides(plan: str, requests: int, new_calls: int) -> None:
    """Starter 100 a minute, Professional 500, Enterprise custom; `POST /v1/calls` counts besides in windows of its own;
    the headers speak of the window with the fewest requests left."""
    api = ApiClient(make_key(make_account(plan=plan)))

    first, second, third = api.get("/v1/voices"), api.post("/v1/calls", BODY), api.get("/v1/voices")

    assert standing(first) == (requests, requests - 1)
    # On Enterprise both windows are as large, and the minute that counts everything has fewer left.
    assert standing(second) == ((new_calls, new_calls - 1) if new_calls < requests else (requests, requests - 2))
    assert standing(third) == (requests, requests - 3)


def test_too_many_new_calls_leave_other_requests_alone() -> None:
    """Past the limit: 429, `rate_limit_exceeded`, with `Retry-After`."""
    api = ApiClient(make_key(make_account()))
    for _ in range(60):
        assert api.post("/v1/calls", BODY).status_code == 404

    refused = api.post("/v1/calls", BODY)

    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    assert standing(refused) == (60, 0)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert standing(api.get("/v1/voices")) == (100, 39)


def test_keys_of_one_account_count_together() -> None:
    """Per account."""
    account = make_account()
    one, other = ApiClient(make_key(account)), ApiClient(make_key(account, mode="test"))

    assert standing(one.get("/v1/voices")) == (100, 99)
    assert standing(other.get("/v1/voices")) == (100, 98)


@pytest.mark.parametrize(("plan", "at_once"), [(Plan.STARTER, 5), (Plan.PROFESSIONAL, 25), (Plan.ENTERPRISE, 100)])
def test_live_calls_at_once(plan: str, at_once: int) -> None:
    """Starter 5, Professional 25, Enterprise custom (100 unless set)."""
    assert ApiClient(make_key(make_account(plan=plan))).get("/v1/account").json()["max_live_calls"] == at_once


def test_without_a_key_by_address() -> None:
    """Requests without a valid key are counted by client address (100 a minute) and carry the headers too."""
    somebody = {"REMOTE_ADDR": "198.51.100.77"}

    answers = [Client(**somebody).get("/v1/voices") for _ in range(101)]
    elsewhere = Client(REMOTE_ADDR="198.51.100.78").get("/v1/voices")

    assert [answer.status_code for answer in answers] == [401] * 100 + [429]
    assert standing(answers[0])[0] == standing(answers[100])[0] == 100
    assert standing(answers[100])[1] == 0
    assert elsewhere.status_code == 401
