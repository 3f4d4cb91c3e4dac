"""GET and PATCH /v1/account."""

from __future__ import annotations

from typing import Any

import pytest

from billing.models import Balance
from calls.tests.api.test_read_calls import ENDED, make_call
from vaniagent.lib import money

pytestmark = pytest.mark.django_db


def test_the_account(api: Any, account: Any, agent: Any) -> None:
    make_call(agent)
    make_call(agent, status="in_progress")
    make_call(agent, **ENDED)

    r = api.get("/v1/account")

    assert (r.status_code, r.json()) == (
        200,
        {
            "id": account.public_id,
            "name": "owner@example.com",
            "plan": "starter",
            "credits": "5.00",
            "live_calls": 2,
            "max_live_calls": 5,
            "low_balance_credits": "1.00",
        },
    )


@pytest.mark.parametrize(("wanted", "shown"), [("2.5", "2.50"), ("0", "0.00"), ("9999999.99", "9999999.99")])
def test_its_own_threshold(api: Any, account: Any, wanted: str, shown: str) -> None:
    changed = api.patch("/v1/account", {"low_balance_credits": wanted})

    assert (changed.status_code, changed.json()["low_balance_credits"]) == (200, shown)
    assert api.get("/v1/account").json() == changed.json()
    balance = Balance.objects.get(account=account)
    assert balance.low_threshold == money.to_micro(wanted)
    assert balance.available == 5 * money.MICRO


def test_the_installations_threshold_again(api: Any, account: Any) -> None:
    api.patch("/v1/account", {"low_balance_credits": "2.00"})

    unchanged = api.patch("/v1/account", {})
    r = api.patch("/v1/account", {"low_balance_credits": None})

    assert unchanged.json()["low_balance_credits"] == "2.00"
    assert r.json()["low_balance_credits"] == "1.00"
    assert Balance.objects.get(account=account).low_threshold is None


@pytest.mark.parametrize("wanted", ["", "-1", "1.001", "01", " 1", "1e3", "NaN", "1\n", 1, 1.5, True, [], "99999999"])
def test_what_is_no_threshold(api: Any, account: Any, wanted: Any) -> None:
    r = api.patch("/v1/account", {"low_balance_credits": wanted})

    assert (r.status_code, r.json()["error"]["param"]) == (400, "low_balance_credits")
    assert Balance.objects.get(account=account).low_threshold is None


def test_of_ones_own_account_alone(api: Any, account: Any, other_account: Any) -> None:
    api.patch("/v1/account", {"low_balance_credits": "2.00"})

    assert Balance.objects.get(account=other_account).low_threshold is None
