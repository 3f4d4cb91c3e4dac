"""An account is told when its credits run low: once each time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Membership, User
from billing import services, tasks
from billing.models import Balance
from billing.services import low_balance
from conftest import make_account
from webhooks import services as webhooks
from webhooks.models import Event

pytestmark = pytest.mark.django_db

NOW = timezone.now()
CREDIT = 1_000_000


@pytest.fixture
def account(db: Any) -> Any:
    account = make_account(micro_credits=2 * CREDIT)
    webhooks.create_endpoint(account=account, url="https://example.com/hook", events=["account.balance_low"])
    return account


@pytest.fixture(autouse=True)
def told(monkeypatch: Any) -> Any:
    """The accounts whose owners were to be mailed."""
    accounts: Any = []
    monkeypatch.setattr(tasks, "tell_owners", accounts.append)
    return accounts


def hold(account: Any, minute: Any, micro_credits: Any, reference: Any = "call_a") -> None:
    services.extend_hold(account=account, reference=reference, minute=minute, rate_per_minute=micro_credits, at=NOW)


def events() -> Any:
    return [json.loads(event.body) for event in Event.objects.order_by("pk")]


def test_told_once_when_it_falls_below(account: Any, told: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        hold(account, 1, CREDIT)
        assert events() == []
        hold(account, 2, 10_000)
        hold(account, 3, 10_000)

    assert [(event["event"], event["data"]) for event in events()] == [
        ("account.balance_low", {"account_id": account.public_id, "credits": "0.99", "threshold": "1.00"})
    ]
    assert Event.objects.get().subject == account.public_id
    assert told == [account.pk]


def test_what_a_call_gives_back_does_not_let_it_be_told_again(account: Any) -> None:
    hold(account, 1, CREDIT + 1)
    services.release(account=account, reference="call_a", at=NOW)
    hold(account, 1, CREDIT + 1, reference="call_b")

    assert len(events()) == 1


def test_told_again_after_credits_came_in(account: Any) -> None:
    hold(account, 1, 2 * CREDIT)
    services.grant(account=account, reference="gift/1", micro_credits=CREDIT - 1, at=NOW)
    hold(account, 2, 5)
    assert len(events()) == 1

    services.grant(account=account, reference="gift/2", micro_credits=6, at=NOW)
    hold(account, 3, 1)

    assert [event["data"]["credits"] for event in events()] == ["0.00", "0.999999"]


def test_what_is_undone_was_not_told(account: Any) -> None:
    hold(account, 1, CREDIT)
    with pytest.raises(services.InsufficientCredits):
        hold(account, 2, 2 * CREDIT)

    assert events() == []
    assert Balance.objects.get().is_low is False


def test_a_threshold_of_its_own(account: Any) -> None:
    services.set_low_threshold(account=account, micro_credits=CREDIT // 2)
    hold(account, 1, CREDIT + 400_000)
    assert events() == []

    hold(account, 2, 100_001)

    assert events()[0]["data"]["threshold"] == "0.50"


def test_a_threshold_of_nothing_tells_nobody(account: Any) -> None:
    services.set_low_threshold(account=account, micro_credits=0)

    hold(account, 1, 2 * CREDIT)

    assert events() == []


def test_a_lower_threshold_lets_it_be_told_again(account: Any) -> None:
    hold(account, 1, CREDIT + 100_000)
    services.set_low_threshold(account=account, micro_credits=CREDIT // 2)

    hold(account, 2, 500_000)

    assert [event["data"]["threshold"] for event in events()] == ["1.00", "0.50"]
    with pytest.raises(ValueError, match="never negative"):
        services.set_low_threshold(account=account, micro_credits=-1)


def test_the_owners_are_mailed(account: Any) -> None:
    viewer = User.objects.create_user("viewer@example.com")
    Membership.objects.create(account=account, user=viewer, role=Membership.Role.VIEWER)
    hold(account, 1, CREDIT + 50_000)

    tasks.tell_owners_of_low_balance(account_id=account.pk)

    assert [message.to for message in mail.outbox] == [["owner@example.com"]]
    assert "has 0.95 credits left, which is less than 1.00" in mail.outbox[0].body


def test_nobody_is_mailed_once_credits_came_in(account: Any) -> None:
    hold(account, 1, CREDIT + 50_000)
    services.grant(account=account, reference="gift/1", micro_credits=CREDIT, at=NOW)

    low_balance.tell_owners_of_low_balance(account_id=account.pk)

    assert mail.outbox == []


def test_a_sample_of_the_event(account: Any) -> None:
    endpoint = webhooks.list_endpoints(account=account).get()

    delivery = webhooks.send_test_event(endpoint=endpoint, at=NOW)

    assert events()[0]["data"] == {
        "account_id": account.public_id,
        "credits": "0.95",
        "threshold": "1.00",
        "metadata": {"test": True},
    }
    assert delivery.call_id is None
