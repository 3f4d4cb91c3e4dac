"""Several senders at once, each with its own connection to the database, share the work."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler

import pytest
from django.db import connection, transaction

from accounts.models import Account
from webhooks import event_types, services
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services import sending
from webhooks.tests.receivers import Receiver, plain, receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nobody_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks.tasks.wake_sender", lambda: None)


@pytest.fixture
def hooks() -> Iterator[list[Receiver]]:
    with receiver() as one, receiver() as two:
        yield [one, two]


def in_thread(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_each_delivery_is_sent_once_and_in_order(account: Account, hooks: list[Receiver], now: datetime) -> None:
    busy, lock = Counter[str](), threading.Lock()
    most = 0

    def answer_slowly(handler: BaseHTTPRequestHandler) -> None:
        nonlocal most
        port = handler.headers["Host"]
        with lock:
            busy[port] += 1
            most = max(most, busy[port])
        time.sleep(0.01)
        with lock:
            busy[port] -= 1
        plain(handler, 200, b"")

    for hook in hooks:
        hook.answer = answer_slowly
        services.create_endpoint(account=account, url=hook.url, events=event_types.NAMES)
    for number in range(5):
        for subject in range(8):
            services.record_event(
                account=account, event_type="call.started", subject=f"call_{subject}", data={"number": number}, at=now
            )

    # More than one round: a sender that finds all endpoints busy in others' hands goes home, as the sweep may have it.
    while Delivery.objects.filter(status=Delivery.Status.PENDING).exists():
        for thread in [in_thread(sending.Sender().run) for _ in range(3)]:
            thread.join(20)

    assert Attempt.objects.count() == 80
    assert most <= 4
    for hook in hooks:
        sent = Counter(request.headers["X-Vaniagent-Delivery"] for request in hook.received)
        assert len(sent) == 40
        assert set(sent.values()) == {1}
        for subject in range(8):
            of_subject = Delivery.objects.filter(subject=f"call_{subject}", endpoint__url=hook.url)
            ids = set(of_subject.values_list("public_id", flat=True))
            arrived = [request for request in hook.received if request.headers["X-Vaniagent-Delivery"] in ids]
            numbers = [request.body[request.body.index(b'"number":') + 9 :][:1] for request in arrived]
            assert numbers == [b"0", b"1", b"2", b"3", b"4"]


def test_a_claim_under_way_is_passed_over_and_not_waited_for(account: Account, now: datetime) -> None:
    def make() -> Endpoint:
        return services.create_endpoint(account=account, url="http://127.0.0.1:9/", events=["call.started"])

    held, free = make(), make()
    services.record_event(account=account, event_type="call.started", subject="call_1", data={}, at=now)
    claimed, found = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Endpoint.objects.select_for_update(no_key=True).get(pk=held.pk)
            claimed.set()
            found.wait(10)

    holder = in_thread(hold)
    assert claimed.wait(10)

    claims = services.claim_due(at=now, limit=10)
    # Nor does an event wait that is recorded meanwhile.
    services.record_event(account=account, event_type="call.started", subject="call_2", data={}, at=now)

    found.set()
    holder.join(10)
    assert [claim.delivery.endpoint for claim in claims] == [free]
    assert [claim.delivery.endpoint for claim in services.claim_due(at=now, limit=1)] == [held]


def test_an_event_of_a_transaction_undone_is_never_sent(account: Account, hooks: list[Receiver], now: datetime) -> None:
    services.create_endpoint(account=account, url=hooks[0].url, events=["call.started"])

    with transaction.atomic():
        services.record_event(account=account, event_type="call.started", subject="call_1", data={}, at=now)
        transaction.set_rollback(True)

    sending.Sender().run()

    assert hooks[0].received == []


def test_a_second_run_makes_the_first_look_again(account: Account, hooks: list[Receiver], now: datetime) -> None:
    answered, may_answer = threading.Event(), threading.Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        answered.set()
        may_answer.wait(10)
        plain(handler, 200, b"")

    hooks[0].answer = wait
    for hook in hooks:
        services.create_endpoint(
            account=account, url=hook.url, events=["call.started" if hook is hooks[0] else "call.failed"]
        )
    services.record_event(account=account, event_type="call.started", subject="call_1", data={}, at=now)
    sender = sending.Sender()
    first = in_thread(sender.run)
    assert answered.wait(10)

    services.record_event(account=account, event_type="call.failed", subject="call_2", data={}, at=now)
    sender.run()
    until = time.monotonic() + 5
    while not hooks[1].received and time.monotonic() < until:
        time.sleep(0.01)

    assert len(hooks[1].received) == 1
    may_answer.set()
    first.join(10)
    assert Delivery.objects.filter(status=Delivery.Status.SUCCEEDED).count() == 2
