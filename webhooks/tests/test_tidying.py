"""What is old is forgotten, and what nobody will hear is ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from webhooks import services, tasks
from webhooks.models import Attempt, Delivery, Endpoint, Event
from webhooks.services import deliveries
from webhooks.services.deliveries import Outcome

DAY = timedelta(days=1)


def record(endpoint: Endpoint, at: datetime) -> Delivery:
    services.record_event(
        account=endpoint.account, event_type="call.started", subject="call_1", data={"call_id": "call_1"}, at=at
    )
    return Delivery.objects.latest("pk")


def succeed(at: datetime) -> None:
    (claim,) = services.claim_due(at=at, limit=1)
    services.record_attempt(claim=claim, outcome=Outcome(started_at=at, duration_ms=1, status_code=200), at=at)


def test_old_events_are_forgotten_with_their_log(endpoint: Endpoint, now: datetime) -> None:
    for at in (now - 2 * DAY, now - DAY, now):
        record(endpoint, at)
        succeed(at)

    assert services.forget_old_events(before=now) == 2
    assert [event.created_at for event in Event.objects.all()] == [now]
    assert (Delivery.objects.count(), Attempt.objects.count()) == (1, 1)
    assert services.forget_old_events(before=now) == 0


def test_a_few_at_a_time_the_oldest_first(endpoint: Endpoint, now: datetime) -> None:
    for at in (now - DAY, now - 3 * DAY, now - 2 * DAY):
        record(endpoint, at)
        succeed(at)

    assert services.forget_old_events(before=now, limit=2) == 2
    assert [event.created_at for event in Event.objects.all()] == [now - DAY]


def test_what_is_on_its_way_is_not_forgotten(endpoint: Endpoint, now: datetime) -> None:
    delivery = record(endpoint, now - 90 * DAY)

    assert services.forget_old_events(before=now) == 0
    assert Delivery.objects.get() == delivery


def test_what_a_dead_sender_had_for_a_disabled_endpoint_is_ended(endpoint: Endpoint, now: datetime) -> None:
    delivery = record(endpoint, now)
    services.claim_due(at=now, limit=1)
    services.disable_endpoint(endpoint=endpoint, reason="a test")

    assert services.give_up_unheard(at=now + deliveries.LEASE - timedelta(seconds=1)) == 0
    assert services.give_up_unheard(at=now + deliveries.LEASE) == 1

    delivery.refresh_from_db()
    assert (delivery.status, delivery.next_attempt_at, delivery.leased_until) == ("failed", None, None)


def test_what_was_recorded_while_its_endpoint_was_disabled_is_ended_and_may_be_replayed(
    endpoint: Endpoint, now: datetime
) -> None:
    """Whoever recorded it saw the endpoint enabled, and committed after it was disabled."""
    delivery = record(endpoint, now)
    Endpoint.objects.filter(pk=endpoint.pk).update(status="disabled")

    assert services.give_up_unheard(at=now) == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.next_attempt_at) == ("failed", None)

    services.update_endpoint(endpoint=endpoint, status="enabled")
    again = services.replay_deliveries(endpoint=endpoint, since=now, until=now + DAY, status="failed", at=now)
    assert again == 1
    assert [claim.delivery for claim in services.claim_due(at=now, limit=1)] == [delivery]


def test_what_a_dead_sender_had_for_another_is_left_to_the_next(endpoint: Endpoint, now: datetime) -> None:
    delivery = record(endpoint, now)
    services.claim_due(at=now, limit=1)

    assert services.give_up_unheard(at=now + deliveries.LEASE) == 0
    assert [claim.delivery for claim in services.claim_due(at=now + deliveries.LEASE, limit=1)] == [delivery]


def test_the_task_does_both(endpoint: Endpoint, now: datetime) -> None:
    """The events are of 2024: their time is over."""
    record(endpoint, now)
    succeed(now)
    left = record(endpoint, now)
    services.claim_due(at=now, limit=1)
    services.disable_endpoint(endpoint=endpoint, reason="a test")

    tasks.tidy_up(added_later=1)

    assert not Delivery.objects.filter(pk=left.pk).exists()
    assert not Event.objects.exists()
