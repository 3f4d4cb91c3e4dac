"""A checkout that is asked for again is one checkout, and nothing waits in the database while the provider is asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry, IdempotentAnswer
from billing.models import TopUp
from billing.payments.base import Checkout, Order
from billing.payments.fake import FakePayments
from billing.tests.stripe_server import StripeServer
from conftest import ApiClient

pytestmark = pytest.mark.django_db

TOP_UPS = "/v1/account/top_ups"


def test_tried_again_after_a_failure(api: ApiClient, server: StripeServer) -> None:
    server.faults = [500, 500]

    statuses = [api.post(TOP_UPS, {"credits": "20.00"}, Idempotency_Key="one").status_code for _ in range(2)]

    assert statuses == [503, 201]
    # However often it is asked, and whatever became of it: for Stripe it is one checkout.
    assert {headers["Idempotency-Key"] for _, _, headers in server.requests} == {TopUp.objects.get().public_id}


def test_a_crash_before_the_answer_is_kept(api: ApiClient, server: StripeServer) -> None:
    first = api.post(TOP_UPS, {"credits": "20.00"}, Idempotency_Key="one").json()
    IdempotentAnswer.objects.all().delete()

    again = api.post(TOP_UPS, {"credits": "20.00"}, Idempotency_Key="one")

    assert (again.status_code, again.json()["id"]) == (201, first["id"])
    assert len(server.sessions) == TopUp.objects.count() == 1


def test_a_key_used_anew_after_its_day(api: ApiClient, server: StripeServer) -> None:
    first = api.post(TOP_UPS, {"credits": "20.00"}, Idempotency_Key="one").json()
    IdempotentAnswer.objects.all().delete()
    TopUp.objects.update(created_at=timezone.now() - timedelta(days=2))

    again = api.post(TOP_UPS, {"credits": "20.00"}, Idempotency_Key="one").json()

    assert again["id"] != first["id"]
    assert len(server.sessions) == 2


def test_by_whom_stands_in_the_audit_log(api: ApiClient, account: Any, server: StripeServer) -> None:
    made = api.post(TOP_UPS, {"credits": "20.00"}).json()

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_kind, entry.target) == ("billing.top_up_started", "key", made["id"])
    assert entry.details == {"credits": "20.00"}


class Watching(FakePayments):
    """A provider that looks at us while it is asked."""

    api: ApiClient
    was_in_transaction: bool
    meanwhile: int

    def create_checkout(self, order: Order) -> Checkout:
        self.was_in_transaction = connection.in_atomic_block
        with ThreadPoolExecutor(1) as pool:
            self.meanwhile = pool.submit(self._ask_again).result(timeout=20)
        return super().create_checkout(order)

    def _ask_again(self) -> int:
        try:
            return self.api.post(TOP_UPS, {"credits": "20.00"}, Idempotency_Key="one").status_code
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_provider_is_asked(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    payments = Watching()
    payments.api = api
    monkeypatch.setattr("billing.payments.configured", lambda: payments)

    r = api.post(TOP_UPS, {"credits": "20.00"}, Idempotency_Key="one")

    assert r.status_code == 201
    assert payments.was_in_transaction is False
    # The key is held all the same.
    assert payments.meanwhile == 409
    assert TopUp.objects.count() == 1
