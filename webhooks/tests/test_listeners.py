"""Listeners: told as endpoints are, and forgotten when nobody holds their socket."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Account
from webhooks import services, tasks
from webhooks.models import Delivery, Endpoint, Event, Forward, Listener
from webhooks.services import recording
from webhooks.services.listeners import GRACE

SECOND = timedelta(seconds=1)


@pytest.fixture
def listener(account: Account) -> Listener:
    return services.begin_listening(account_id=account.pk, events=None, socket="one", at=timezone.now())


def record(account: Account, now: datetime) -> Event | None:
    return services.record_event(
        account=account, event_type="call.started", subject="call_1", data={"call_id": "call_1"}, at=now
    )


def test_an_event_that_only_listeners_hear_is_sent_to_no_endpoint(
    account: Account, listener: Listener, now: datetime
) -> None:
    event = record(account, now)

    assert Forward.objects.get().event == event
    assert not Delivery.objects.exists()


def test_an_endpoint_and_a_listener_hear_the_same_bytes(
    account: Account, endpoint: Endpoint, listener: Listener, now: datetime
) -> None:
    record(account, now)

    (told,) = services.take_waiting(listener=listener, limit=5, at=now)
    assert told.body == Delivery.objects.get().event.body
    assert services.take_waiting(listener=listener, limit=5, at=now) == []


def test_who_has_been_gone_for_a_minute_hears_nothing(account: Account, listener: Listener, now: datetime) -> None:
    Listener.objects.update(alive_until=timezone.now() - SECOND)

    assert record(account, now) is None
    with pytest.raises(services.NoSuchListener):
        services.resume_listening(account_id=account.pk, public_id=listener.public_id, socket="two", at=timezone.now())


def test_who_goes_just_now_disturbs_no_event(
    account: Account, endpoint: Endpoint, listener: Listener, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was found, and is gone when it is told."""
    found = [(endpoint.pk, False), (listener.pk, True)]
    monkeypatch.setattr(recording, "_find_hearers", lambda account, event_type: found)
    services.stop_listening(listener=listener)

    assert record(account, now) == Delivery.objects.get().event
    assert not Forward.objects.exists()


def test_the_silent_are_forgotten_with_what_waits_for_them(account: Account, listener: Listener, now: datetime) -> None:
    record(account, now)
    services.stay_listening(sockets=["one", "other"], at=timezone.now())
    tasks.tidy_up()
    assert Listener.objects.get() == listener

    assert services.forget_silent_listeners(at=timezone.now() + GRACE) == 1
    assert not Listener.objects.exists()
    assert not Forward.objects.exists()


def test_a_socket_that_was_replaced_ends_nothing(account: Account, listener: Listener) -> None:
    services.resume_listening(account_id=account.pk, public_id=listener.public_id, socket="two", at=timezone.now())
    services.stop_listening(listener=listener)

    assert Listener.objects.get().socket == "two"
