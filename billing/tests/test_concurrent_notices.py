"""Notices of one payment that arrive at once credit once, and take back once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from billing import services
from billing.models import Balance, Transaction
from billing.payments.base import CheckoutNotice, CheckoutState, ReversalNotice
from billing.payments.fake import FakePayments
from conftest import make_account

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 8


def test_all_at_once() -> None:
    account = make_account(micro_credits=1_000_000)
    payments = FakePayments()
    top_up = services.create_top_up(
        account=account, micro_credits=20_000_000, success_url="", cancel_url="", payments=payments, at=timezone.now()
    )
    payments.payments["pay_1"] = top_up.public_id
    paid = CheckoutNotice(top_up.checkout_id, CheckoutState.PAID, 2000, "usd", "pay_1")
    notices = [paid, ReversalNotice("charge_1", "pay_1", 500), paid, ReversalNotice("charge_1", "pay_1", 700)] * 4
    start = threading.Barrier(THREADS)

    def take(share: Any) -> None:
        start.wait(timeout=10)
        try:
            for notice in share:
                services.take_notice(notice=notice, payments=payments, at=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(take, [notices[i::THREADS] for i in range(THREADS)]))

    assert Transaction.objects.filter(kind="top_up").count() == 1
    assert Balance.objects.get(account=account).available == 1_000_000 + 20_000_000 - 7_000_000
    assert services.check_ledger() == []
