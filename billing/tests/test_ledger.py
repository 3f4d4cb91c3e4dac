"""Moving credits."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from billing import services
from billing.models import Balance, LedgerEntry, Transaction
from conftest import make_account

pytestmark = pytest.mark.django_db

NOW = timezone.now()
RATE = 100_000


@pytest.fixture
def account(db: Any) -> Any:
    return make_account(micro_credits=250_000)


def balance_of(account: Any) -> Any:
    assert services.check_ledger() == []
    balance = Balance.objects.get(account=account)
    return balance.available, balance.held


def hold(account: Any, minute: Any = 1, reference: Any = "call_a") -> None:
    services.extend_hold(account=account, reference=reference, minute=minute, rate_per_minute=RATE, at=NOW)


def settle(account: Any, micro_credits: Any, reference: Any = "call_a") -> Any:
    return services.settle_call(account=account, reference=reference, micro_credits=micro_credits, at=NOW)


def test_a_call_from_hold_to_charge(account: Any) -> None:
    services.hold_first_minute(account=account, reference="call_a", rate_per_minute=RATE, at=NOW)
    assert balance_of(account) == (150_000, 100_000)
    hold(account, minute=2)
    assert balance_of(account) == (50_000, 200_000)

    charged = settle(account, 120_000)

    assert charged == 120_000
    assert balance_of(account) == (130_000, 0)
    entries = LedgerEntry.objects.exclude(transaction__kind="grant").order_by("pk")
    assert list(entries.values_list("transaction__reference", "transaction__kind", "book", "micro_credits")) == [
        ("call_a/minute/1", "hold", "customer", -100_000),
        ("call_a/minute/1", "hold", "held", 100_000),
        ("call_a/minute/2", "hold", "customer", -100_000),
        ("call_a/minute/2", "hold", "held", 100_000),
        ("call_a", "charge", "held", -120_000),
        ("call_a", "charge", "revenue", 120_000),
        ("call_a", "release", "held", -80_000),
        ("call_a", "release", "customer", 80_000),
    ]


def test_everything_may_be_repeated(account: Any) -> None:
    for _ in range(2):
        hold(account)
    for _ in range(2):
        assert settle(account, 70_000) == 70_000
    assert settle(account, 10) == 70_000

    assert balance_of(account) == (180_000, 0)
    assert Transaction.objects.count() == 4


def test_never_charged_above_what_is_held(account: Any) -> None:
    hold(account)

    assert settle(account, 240_000) == 100_000
    assert balance_of(account) == (150_000, 0)


def test_released_in_full(account: Any) -> None:
    hold(account)

    services.release(account=account, reference="call_a", at=NOW)

    assert balance_of(account) == (250_000, 0)
    assert settle(account, 50_000) == 0
    assert balance_of(account) == (250_000, 0)


def test_what_was_never_held_costs_nothing(account: Any) -> None:
    assert settle(account, 50_000) == 0
    assert balance_of(account) == (250_000, 0)


def test_only_its_own_holds_are_settled(account: Any) -> None:
    hold(account, reference="call_a")
    hold(account, reference="call_ab")

    assert settle(account, 200_000, reference="call_a") == 100_000
    assert balance_of(account) == (50_000, 100_000)


def test_credits_run_out(account: Any) -> None:
    hold(account, minute=1)
    hold(account, minute=2)

    with pytest.raises(services.InsufficientCredits) as refusal:
        hold(account, minute=3)

    assert (refusal.value.status, refusal.value.code) == (402, "insufficient_credits")
    assert balance_of(account) == (50_000, 200_000)
    assert not Transaction.objects.filter(reference="call_a/minute/3").exists()


def test_nothing_is_held_for_what_is_settled(account: Any) -> None:
    hold(account)
    settle(account, 10)

    with pytest.raises(services.AlreadySettled):
        hold(account, minute=2)

    assert balance_of(account) == (249_990, 0)


def test_a_test_call_moves_nothing(account: Any) -> None:
    services.hold_first_minute(account=account, reference="call_t", rate_per_minute=0, at=NOW)

    assert settle(account, 0, reference="call_t") == 0
    assert Transaction.objects.count() == 1


def test_an_account_without_a_balance_holds_nothing(account: Any) -> None:
    Balance.objects.filter(account=account).update(available=0)
    poor = make_account("poor@example.com", micro_credits=0)

    with pytest.raises(services.InsufficientCredits):
        hold(poor)


def test_a_grant_is_posted_once(account: Any) -> None:
    for _ in range(2):
        services.grant(account=account, reference="gift/1", micro_credits=5, at=NOW)

    with pytest.raises(services.ReusedReference):
        services.grant(account=account, reference="gift/1", micro_credits=6, at=NOW)
    with pytest.raises(services.ReusedReference):
        services.grant(account=make_account("b@example.com"), reference="gift/1", micro_credits=5, at=NOW)

    assert balance_of(account) == (250_005, 0)


def test_amounts_are_never_negative(account: Any) -> None:
    with pytest.raises(ValueError, match="never negative"):
        services.grant(account=account, reference="gift/1", micro_credits=-5, at=NOW)
    with pytest.raises(ValueError, match="less than nothing"):
        settle(account, -1)


def test_a_wrong_balance_is_found(account: Any) -> None:
    Balance.objects.filter(account=account).update(available=7)

    faults = services.check_ledger()

    assert faults == [services.LedgerFault(f"{account.public_id} customer", expected=250_000, found=7)]
    assert services.check_ledger(account=make_account("b@example.com")) == []


def refused_by_the_database(work: Any, constraint: str) -> None:
    @transaction.atomic
    def work_and_check() -> None:
        work()
        connection.check_constraints()

    with pytest.raises(IntegrityError, match=constraint):
        work_and_check()


def test_the_database_keeps_transactions_at_zero(account: Any) -> None:
    posted = Transaction.objects.get()

    def unbalance() -> None:
        LedgerEntry.objects.create(transaction=posted, book="held", micro_credits=5)

    refused_by_the_database(unbalance, "has 3 entries that sum to 5")


def test_the_database_wants_entries(account: Any) -> None:
    def post_empty() -> None:
        Transaction.objects.create(account=account, kind="grant", reference="x", posted_at=NOW)

    refused_by_the_database(post_empty, "has 0 entries")


@pytest.mark.parametrize("model", [LedgerEntry, Transaction])
def test_the_database_lets_the_ledger_only_grow(account: Any, model: Any) -> None:
    def change() -> None:
        model.objects.update(id=-1)

    def delete() -> None:
        model.objects.all()._raw_delete("default")

    refused_by_the_database(change, "only grows: UPDATE")
    refused_by_the_database(delete, "only grows: DELETE")


def test_the_database_lets_nobody_overspend(account: Any) -> None:
    def overspend() -> None:
        Balance.objects.update(available=-1)

    refused_by_the_database(overspend, "balance_is_never_overspent")
