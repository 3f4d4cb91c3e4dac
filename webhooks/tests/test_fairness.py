"""A slow receiver costs its own account time, and nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from accounts.models import Account
from webhooks import services
from webhooks.models import Delivery, Endpoint
from webhooks.services import deliveries, sending
from webhooks.services.deliveries import Outcome
from webhooks.tests.receivers import Receiver, plain, receiver

SLOW_RECEIVERS = 8
EVENTS_FOR_EACH = 6


@pytest.fixture
def slow() -> Iterator[list[Receiver]]:
    """Real servers that take a request and answer when the test is over."""
    over = threading.Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        over.wait(20)
        plain(handler, 200, b"late")

    with ExitStack() as stack:
        receivers = [stack.enter_context(receiver()) for _ in range(SLOW_RECEIVERS)]
        for each in receivers:
            each.answer = wait
        yield receivers
        over.set()


def endpoints_at(account: Account, receivers: list[Receiver]) -> list[Endpoint]:
    return [services.create_endpoint(account=account, url=each.url, events=["call.started"]) for each in receivers]


def record(account: Account, count: int, at: datetime) -> None:
    for number in range(count):
        data = {"call_id": f"call_{number}"}
        services.record_event(account=account, event_type="call.started", subject=f"call_{number}", data=data, at=at)


def test_another_accounts_events_arrive_at_once(
    account: Account, slow: list[Receiver], hook: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "DEADLINE_SECONDS", 2.0)
    monkeypatch.setattr(sending, "RUN_SECONDS", 1.5)
    endpoints_at(account, slow)
    other = Account.objects.create(name="Quick")
    services.create_endpoint(account=other, url=hook.url, events=["call.started"])
    # The slow ones have waited longest: they come first.
    record(account, EVENTS_FOR_EACH, now - timedelta(hours=1))
    record(other, 30, now)
    began = time.monotonic()
    arrived: list[float] = []

    def note(handler: BaseHTTPRequestHandler) -> None:
        arrived.append(time.monotonic() - began)
        plain(handler, 200, b"")

    hook.answer = note

    sending.Sender().run()

    assert len(arrived) == 30
    assert max(arrived) < 1.5
    assert sum(len(each.received) for each in slow) == deliveries.MAX_IN_FLIGHT_OF_ACCOUNT


def test_an_account_has_twenty_under_way_whatever_endpoints_it_has(
    account: Account, slow: list[Receiver], now: datetime
) -> None:
    endpoints_at(account, slow)
    record(account, EVENTS_FOR_EACH, now)

    taken = services.claim_due(at=now, limit=1_000)
    assert len(taken) == 20
    assert services.claim_due(at=now, limit=1_000) == []

    services.record_attempt(claim=taken[0], outcome=Outcome(now, 1, 200), at=now)
    assert len(services.claim_due(at=now, limit=1_000)) == 1


def test_endpoints_that_fail_leave_room_for_those_that_do_not(
    endpoint: Endpoint, hook: Receiver, now: datetime
) -> None:
    failing = services.create_endpoint(account=endpoint.account, url=hook.url, events=["call.started"])
    Endpoint.objects.filter(pk=failing.pk).update(failing_since=now)
    record(endpoint.account, 4, now)

    taken = services.claim_due(at=now, limit=6, limit_failing=1)

    assert sorted(claim.delivery.endpoint_id for claim in taken) == [*[endpoint.pk] * 4, failing.pk]
    assert Delivery.objects.in_flight(now).count() == 5
