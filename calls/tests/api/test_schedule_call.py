"""POST /v1/calls with `scheduled_at` and `retry`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.models import Balance
from calls.models import Call
from calls.tests.api.test_create_call import error_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queued")]


@pytest.fixture
def place(api: Any, agent: Any) -> Any:
    def post(client: Any = api, **changes: Any) -> Any:
        headers = {name: changes.pop(name) for name in list(changes) if name.startswith("Idempotency")}
        body = {"agent_id": agent.public_id, "to_number": "+14155550100", **changes}
        return client.post("/v1/calls", body, **headers)

    return post


def ahead(**time: int) -> str:
    return (timezone.now() + timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_call_for_later(place: Any, api: Any, account: Any) -> None:
    tomorrow = ahead(days=1)

    r = place(scheduled_at=tomorrow)

    assert r.status_code == 201
    shown = r.json()
    assert (shown["status"], shown["scheduled_at"], shown["attempt"]) == ("initiated", tomorrow, 1)
    assert api.get("/v1/calls?status=initiated").json()["data"][0]["id"] == shown["id"]
    assert api.get("/v1/calls?status=failed").json()["total"] == 0
    assert api.get("/v1/account").json()["live_calls"] == 0
    assert Balance.objects.get(account=account).held == 0


def test_its_offset_counts(place: Any) -> None:
    at = (timezone.now() + timedelta(days=1)).replace(microsecond=0)

    r = place(scheduled_at=(at + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+02:00"))

    assert datetime.fromisoformat(r.json()["scheduled_at"]) == at


@pytest.mark.parametrize(
    ("when", "param"),
    [("tomorrow", "scheduled_at"), ("2999-01-01T00:00:00Z", "scheduled_at"), (17, "scheduled_at")],
)
def test_no_time(place: Any, when: Any, param: str) -> None:
    assert error_of(place(scheduled_at=when))["param"] == param
    assert not Call.objects.exists()


def test_a_rule_is_shown_as_it_is_kept(place: Any) -> None:
    r = place(retry={"every": 300, "attempts": 3})

    assert r.json()["retry"] == {"outcomes": ["busy", "no_answer"], "attempts": 3, "every": 300}
    r = place(retry={"every": [60, 120], "outcomes": ["no_answer"]})
    assert r.json()["retry"] == {"outcomes": ["no_answer"], "attempts": 2, "every": [60, 120]}


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"every": 59},
        {"every": 604_801},
        {"every": True},
        {"every": "300"},
        {"every": 1.5},
        {"every": []},
        {"every": [60] * 11},
        {"every": [60, 61], "attempts": 3},
        {"every": 60, "attempts": 0},
        {"every": 60, "attempts": 11},
        {"every": 60, "outcomes": []},
        {"every": 60, "outcomes": ["do_not_call"]},
        {"every": 60, "often": True},
        [],
    ],
)
def test_no_rule(place: Any, rule: Any) -> None:
    assert error_of(place(retry=rule))["param"].partition(".")[0] == "retry"
    assert not Call.objects.exists()


def test_sent_again_it_is_one_call(place: Any) -> None:
    tomorrow = ahead(days=1)

    first = place(scheduled_at=tomorrow, Idempotency_Key="once")
    second = place(scheduled_at=tomorrow, Idempotency_Key="once")

    assert (first.json(), Call.objects.count()) == (second.json(), 1)


def test_hanging_up_cancels_it(place: Any, api: Any) -> None:
    call_id = place(scheduled_at=ahead(days=1)).json()["id"]

    r = api.post(f"/v1/calls/{call_id}/hangup")

    shown = r.json()
    assert (shown["status"], shown["ended_reason"], shown["ended_by"]) == ("failed", "canceled", "api")
    assert (shown["duration"], shown["cost"]) == (0, "0.00")


def test_another_accounts_call_stays(place: Any, other_api: Any) -> None:
    call_id = place(scheduled_at=ahead(days=1)).json()["id"]

    assert other_api.post(f"/v1/calls/{call_id}/hangup").status_code == 404
    assert Call.objects.get().status == "scheduled"
