"""The limit of live calls holds exactly, however many are placed at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone

from billing import services as billing
from calls import tasks
from calls.models import Call
from calls.services.starting import TooManyLiveCalls, start_call
from conftest import make_account, make_agent

THREADS = 10


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once() -> None:
    account = make_account(max_live_calls=7)
    agent = make_agent(account)
    start = threading.Barrier(THREADS)

    def place(_: Any) -> Any:
        start.wait(timeout=10)
        outcomes = []
        try:
            for _ in range(2):
                try:
                    start_call(
                        account=account,
                        agent=agent,
                        api_key=None,
                        to_number="+14155550100",
                        from_number=None,
                        metadata={},
                        at=timezone.now(),
                    )
                except TooManyLiveCalls:
                    outcomes.append("refused")
                else:
                    outcomes.append("placed")
        finally:
            connection.close()
        return outcomes

    with mock.patch.object(tasks.run_call, "apply_async", autospec=True), ThreadPoolExecutor(THREADS) as pool:
        outcomes = [outcome for pair in pool.map(place, range(THREADS)) for outcome in pair]

    assert outcomes.count("placed") == 7
    assert Call.objects.count() == 7
    assert billing.check_ledger() == []
