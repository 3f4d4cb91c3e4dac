"""The real sender against real receivers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from queue import SimpleQueue

import pytest
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook

from webhooks import services
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services import deliveries, sending
from webhooks.tests.receivers import Receiver, answering, plain, receiver


@pytest.fixture
def slow() -> Iterator[Receiver]:
    """Answers only when the test is over."""
    over = threading.Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        over.wait(10)
        plain(handler, 200, b"late")

    with receiver() as started:
        started.answer = wait
        yield started
        over.set()


def record(endpoint: Endpoint, subject: str, at: datetime, **data: object) -> None:
    services.record_event(
        account=endpoint.account, event_type="call.started", subject=subject, data={"call_id": subject, **data}, at=at
    )


def test_sends_the_stored_body_with_every_header(endpoint: Endpoint, hook: Receiver, now: datetime) -> None:
    record(endpoint, "call_1", now, name="é")

    sending.Sender().run()

    delivery = Delivery.objects.get()
    (sent,) = hook.received
    assert sent.body == delivery.event.body.encode()
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["X-Vaniagent-Event"] == "call.started"
    assert sent.headers["X-Vaniagent-Delivery"] == delivery.public_id
    assert sent.headers["webhook-id"] == delivery.event.public_id
    assert delivery.status == Delivery.Status.SUCCEEDED
    attempt = Attempt.objects.get()
    assert (attempt.status_code, attempt.response, attempt.error) == (200, "ok", "")


def test_first_attempts_keep_their_order(endpoint: Endpoint, hook: Receiver, now: datetime) -> None:
    arrived: list[bytes] = []

    def the_first_is_the_slowest(handler: BaseHTTPRequestHandler) -> None:
        this = handler.headers["X-Vaniagent-Delivery"]
        body = next(sent.body for sent in hook.received if sent.headers["X-Vaniagent-Delivery"] == this)
        time.sleep(0.1 if b'"number":0' in body else 0)
        arrived.append(body)
        plain(handler, 200, b"")

    hook.answer = the_first_is_the_slowest
    for number in range(5):
        for subject in ("call_1", "call_2"):
            record(endpoint, subject, now, number=number)

    sending.Sender().run()

    for subject in ("call_1", "call_2"):
        bodies = [body for body in arrived if f'"{subject}"'.encode() in body]
        assert [body[body.index(b'"number":') + 9 :][:1] for body in bodies] == [b"0", b"1", b"2", b"3", b"4"]
    assert Delivery.objects.filter(status=Delivery.Status.SUCCEEDED).count() == 10


def test_a_slow_receiver_holds_nobody_else_up(
    endpoint: Endpoint, hook: Receiver, slow: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "DEADLINE_SECONDS", 1.0)
    services.create_endpoint(account=endpoint.account, url=slow.url, events=["call.started"])
    for number in range(12):
        record(endpoint, f"call_{number}", now)
    began = time.monotonic()
    times: list[float] = []

    def note(handler: BaseHTTPRequestHandler) -> None:
        times.append(time.monotonic() - began)
        plain(handler, 200, b"")

    hook.answer = note

    sender = sending.Sender()
    monkeypatch.setattr(sending, "RUN_SECONDS", 0.5)
    sender.run()

    assert len(times) == 12
    assert max(times) < 0.9
    assert len(slow.received) == 4
    late = Attempt.objects.filter(status_code=None)
    assert [attempt.error for attempt in late] == ["No answer within 1 seconds"] * 4


def test_a_lease_that_runs_out_in_flight_costs_a_second_delivery_and_no_more(
    endpoint: Endpoint, hook: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "LEASE", timedelta(seconds=0.6))
    both_came = threading.Event()

    def answer_when_both_came(handler: BaseHTTPRequestHandler) -> None:
        if len(hook.received) == 2:
            both_came.set()
        both_came.wait(5)
        plain(handler, 200, b"")

    hook.answer = answer_when_both_came
    record(endpoint, "call_1", now)
    sender = sending.Sender()
    look_again = threading.Timer(0.8, sender.run)
    look_again.start()

    sender.run()

    look_again.join()
    assert len(hook.received) == 2
    assert Attempt.objects.get().number == 1
    assert Delivery.objects.get().status == Delivery.Status.SUCCEEDED


def test_rotation_signs_with_both_secrets_for_a_day(endpoint: Endpoint, hook: Receiver) -> None:
    old = endpoint.secret
    endpoint = services.rotate_secret(endpoint=endpoint, at=timezone.now())
    record(endpoint, "call_1", timezone.now())

    sending.Sender().run()

    (sent,) = hook.received
    headers = {name.lower(): value for name, value in sent.headers.items()}
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (old, endpoint.secret):
        Webhook(secret).verify(sent.body, headers)


def test_a_secret_that_cannot_be_read_fails_that_delivery_alone(
    endpoint: Endpoint, hook: Receiver, now: datetime, settings: Settings
) -> None:
    settings.SECRET_KEY = "another-key"
    other = services.create_endpoint(account=endpoint.account, url=hook.url, events=["call.started"])
    record(endpoint, "call_1", now)

    sending.Sender().run()

    assert Delivery.objects.get(endpoint=other).status == Delivery.Status.SUCCEEDED
    assert Attempt.objects.get(delivery__endpoint=endpoint).error == "The signing secret cannot be read; rotate it"


def test_a_private_address_is_never_called(
    endpoint: Endpoint, hook: Receiver, now: datetime, settings: Settings
) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    record(endpoint, "call_1", now)

    sending.Sender().run()

    assert hook.received == []
    assert Attempt.objects.get().status_code is None
    assert Delivery.objects.get().status == Delivery.Status.PENDING


def test_a_redirect_is_a_failure(endpoint: Endpoint, hook: Receiver, now: datetime) -> None:
    hook.answer = answering(307, headers={"Location": hook.url})
    record(endpoint, "call_1", now)

    sending.Sender().run()

    assert len(hook.received) == 1
    assert Attempt.objects.get().status_code == 307
    assert Delivery.objects.get().status == Delivery.Status.PENDING


def test_410_ends_it(endpoint: Endpoint, hook: Receiver, now: datetime) -> None:
    hook.answer = answering(410, b"x" * 5_000)
    for _ in range(3):
        record(endpoint, "call_1", now)

    sending.Sender().run()

    assert len(hook.received) == 1
    assert Attempt.objects.get().response == "x" * 1_000
    assert Delivery.objects.filter(status=Delivery.Status.FAILED).count() == 3


def test_a_sender_that_dies_between_sending_and_recording_is_followed_by_another(
    endpoint: Endpoint, hook: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(endpoint, "call_1", now)

    class Killed(BaseException):
        pass

    def die(**kwargs: object) -> int:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "record_attempts", die)
        sender = sending.Sender()
        with pytest.raises(Killed):
            sender.run()
    assert len(hook.received) == 1
    sender.run()
    assert len(hook.received) == 1

    Delivery.objects.update(leased_until=now)
    sender.run()

    assert len(hook.received) == 2
    assert hook.received[0].body == hook.received[1].body
    assert hook.received[0].headers["X-Vaniagent-Delivery"] == hook.received[1].headers["X-Vaniagent-Delivery"]
    assert Delivery.objects.get().status == Delivery.Status.SUCCEEDED


def test_a_sender_told_to_stop_takes_nothing(endpoint: Endpoint, hook: Receiver, now: datetime) -> None:
    record(endpoint, "call_1", now)
    sender = sending.Sender()
    sender.stop()

    sender.run()

    assert hook.received == []
    assert Delivery.objects.get().leased_until is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("600", 600),
        (" 7 ", 7),
        ("1" * 50, 86_400),
        ("Mon, 15 Jan 2024 10:49:05 GMT", 600),
        ("soon", None),
        ("-1", None),
        ("Mon, 15 Jan 99999999999999999999 10:49:05 GMT", None),
        ("Mon, 15 Jan 2024 10:49:05 +99999999999999999999", None),
    ],
)
def test_reads_when_a_receiver_wants_to_be_asked_again(now: datetime, header: str, seconds: int | None) -> None:
    assert sending._retry_at(header, now) == (None if seconds is None else now + timedelta(seconds=seconds))


def test_an_attempt_always_has_an_outcome(
    endpoint: Endpoint, hook: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that had none would keep the sender waiting for it, and everybody's deliveries with it."""

    def fail(header: str, now: datetime) -> datetime | None:
        raise RuntimeError

    monkeypatch.setattr(sending, "_retry_at", fail)
    record(endpoint, "call_1", now)
    (claim,) = deliveries.claim_due(at=now, limit=1)
    ended: sending.News = SimpleQueue()

    asyncio.run_coroutine_threadsafe(sending._attempt_and_tell(claim, ended), sending._loop()).result(timeout=15)

    told = ended.get_nowait()
    assert told is not None
    assert (told[1].status_code, told[1].error) == (200, "The request could not be made")


def test_heeds_retry_after(endpoint: Endpoint, hook: Receiver) -> None:
    hook.answer = answering(429, headers={"Retry-After": "900"})
    record(endpoint, "call_1", timezone.now())

    sending.Sender().run()

    planned = Delivery.objects.get().next_attempt_at
    assert planned is not None
    assert abs((planned - timezone.now()).total_seconds() - 900) < 10
