"""An event is rendered once, and has a delivery for each endpoint that wants it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from unittest.mock import create_autospec

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Account
from webhooks import services, tasks
from webhooks.models import Delivery, Endpoint, Event

DATA = {"call_id": "call_1", "metadata": {"10": 1.0, "9": "é"}}


def test_renders_the_body_once(account: Account, endpoint: Endpoint) -> None:
    at = datetime(2024, 1, 15, 16, 9, 5, 999_999, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    event = services.record_event(account=account, event_type="call.started", subject="call_1", data=DATA, at=at)

    assert event == Event.objects.get()
    assert event.body == (
        '{"event":"call.started","timestamp":"2024-01-15T10:39:05Z",'
        '"data":{"call_id":"call_1","metadata":{"9":"é","10":1}}}'
    )
    delivery = Delivery.objects.get()
    assert (delivery.endpoint, delivery.event, delivery.subject) == (endpoint, event, "call_1")
    assert (delivery.status, delivery.attempts_made, delivery.next_attempt_at) == ("pending", 0, at)


def test_only_endpoints_that_listen_and_want_it_hear_it(account: Account, now: datetime) -> None:
    def make(*events: str, owner: Account = account) -> Endpoint:
        return services.create_endpoint(account=owner, url="https://example.com/", events=events)

    wanting, other = make("call.completed", "call.failed"), make("call.started")
    disabled, deleted = make("call.completed"), make("call.completed")
    services.disable_endpoint(endpoint=disabled, reason="a test")
    services.delete_endpoint(endpoint=deleted, at=now)
    strangers = make("call.completed", owner=Account.objects.create(name="Stranger"))

    services.record_event(account=account, event_type="call.completed", subject="call_1", data=DATA, at=now)

    assert [delivery.endpoint for delivery in Delivery.objects.all()] == [wanting]
    assert not Delivery.objects.filter(endpoint__in=[other, strangers]).exists()


def test_nothing_is_kept_where_nobody_listens(account: Account, now: datetime) -> None:
    event = services.record_event(account=account, event_type="call.started", subject="call_1", data=DATA, at=now)

    assert event is None
    assert not Event.objects.exists()


def test_wakes_the_sender_after_the_commit(
    account: Account,
    endpoint: Endpoint,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    wake = create_autospec(tasks.wake_sender, side_effect=ConnectionError)
    monkeypatch.setattr(tasks, "wake_sender", wake)

    # A broker that is away is the sweep's business and does not undo what was committed.
    with django_capture_on_commit_callbacks(execute=True):
        services.record_event(account=account, event_type="call.started", subject="call_1", data=DATA, at=now)
        wake.assert_not_called()

    wake.assert_called_once_with()


@pytest.mark.parametrize(
    ("event_type", "data", "error"),
    [
        ("call.strated", {}, ValueError),
        ("call.started", {"at": datetime(2024, 1, 1)}, TypeError),  # noqa: DTZ001  # any datetime is refused
        ("call.started", {"text": "x" * 100_000}, ValueError),
    ],
)
def test_a_body_that_no_receiver_could_take_is_a_bug(
    account: Account, endpoint: Endpoint, now: datetime, event_type: str, data: dict, error: type[Exception]
) -> None:
    with pytest.raises(error):
        services.record_event(account=account, event_type=event_type, subject="call_1", data=data, at=now)

    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "event_type", ["call.started", "call.completed", "call.failed", "transcript.ready", "recording.ready"]
)
def test_a_test_event_has_the_shape_of_a_real_one(account: Account, now: datetime, event_type: str) -> None:
    endpoint = services.create_endpoint(account=account, url="https://example.com/", events=[event_type])

    delivery = services.send_test_event(endpoint=endpoint, at=now)

    assert delivery.event.type == event_type
    assert f'"event":"{event_type}"' in delivery.event.body
    assert '"metadata":{"test":true}' in delivery.event.body
    assert f'"call_id":"{delivery.subject}"' in delivery.event.body
