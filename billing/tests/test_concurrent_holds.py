"""A hundred calls started at once cannot spend one balance."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from billing import services
from billing.models import Balance, Transaction
from conftest import make_account

pytestmark = pytest.mark.django_db(transaction=True)

RATE = 100_000
THREADS = 10


def at_once(work: Any, arguments: Any) -> Any:
    """Do all of it on ten threads that start together, and count the outcomes."""
    start = threading.Barrier(THREADS)

    def run(share: Any) -> Any:
        start.wait(timeout=10)
        try:
            return [work(argument) for argument in share]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        shares = [arguments[i::THREADS] for i in range(THREADS)]
        return Counter(outcome for outcomes in pool.map(run, shares) for outcome in outcomes)


def test_a_hundred_holds() -> None:
    account = make_account(micro_credits=37 * RATE + 99_999)

    def hold(number: Any) -> Any:
        try:
            services.hold_first_minute(
                account=account, reference=f"call_{number}", rate_per_minute=RATE, at=timezone.now()
            )
        except services.InsufficientCredits:
            return "refused"
        return "held"

    outcomes = at_once(hold, range(100))

    assert outcomes == {"held": 37, "refused": 63}
    balance = Balance.objects.get(account=account)
    assert (balance.available, balance.held) == (99_999, 37 * RATE)
    assert services.check_ledger() == []


def test_one_hold_a_hundred_times() -> None:
    account = make_account(micro_credits=10 * RATE)

    def hold(_: Any) -> None:
        services.hold_first_minute(account=account, reference="call_a", rate_per_minute=RATE, at=timezone.now())

    at_once(hold, range(100))

    assert Balance.objects.get(account=account).held == RATE
    assert services.check_ledger() == []


def test_settled_once_while_minutes_are_added() -> None:
    account = make_account(micro_credits=1_000 * RATE)

    def work(number: Any) -> Any:
        if number % 10 == 5:
            return services.settle_call(account=account, reference="call_a", micro_credits=RATE, at=timezone.now())
        try:
            services.extend_hold(
                account=account, reference="call_a", minute=number + 1, rate_per_minute=RATE, at=timezone.now()
            )
        except services.AlreadySettled:
            return "too late"
        return "held"

    outcomes = at_once(work, range(100))

    balance = Balance.objects.get(account=account)
    assert balance.held == 0
    assert outcomes[0] + outcomes[RATE] == 10
    assert Transaction.objects.filter(reference="call_a").count() <= 2
    assert balance.available == 1_000 * RATE - (RATE if outcomes[RATE] else 0)
    assert services.check_ledger() == []
