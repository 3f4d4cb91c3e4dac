"""What may be claimed, and what follows an attempt."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Account, Membership, User
from webhooks import services
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services import deliveries, mails
from webhooks.services.deliveries import Claim, Outcome

SECOND = timedelta(seconds=1)


def record(endpoint: Endpoint, subject: str, at: datetime, event_type: str = "call.started") -> Delivery:
    event = services.record_event(
        account=endpoint.account, event_type=event_type, subject=subject, data={"call_id": subject}, at=at
    )
    assert event is not None
    return event.deliveries.get(endpoint=endpoint)


def claim(at: datetime, limit: int = 100) -> list[Claim]:
    return services.claim_due(at=at, limit=limit)


def claimed(at: datetime, limit: int = 100) -> list[int]:
    return [taken.delivery.pk for taken in claim(at, limit)]


def answered(status: int | None, at: datetime) -> Outcome:
    return Outcome(
        started_at=at, duration_ms=12, status_code=status, response="said", error="" if status else "gone away"
    )


def test_of_one_subject_only_the_oldest_unattempted_is_claimed(endpoint: Endpoint, now: datetime) -> None:
    first, second, other = (
        record(endpoint, "call_1", now),
        record(endpoint, "call_1", now),
        record(endpoint, "call_2", now),
    )

    taken = claim(now)
    assert [each.delivery.pk for each in taken] == [first.pk, other.pk]
    assert claimed(now) == []

    services.record_attempt(claim=taken[0], outcome=answered(500, now), at=now)
    assert claimed(now) == [second.pk]


def test_a_retry_waits_for_nobody(endpoint: Endpoint, now: datetime) -> None:
    first = record(endpoint, "call_1", now)
    services.record_attempt(claim=claim(now)[0], outcome=answered(500, now), at=now)
    second = record(endpoint, "call_1", now)
    later = now + 10 * SECOND

    assert claimed(later) == [second.pk, first.pk]


def test_one_endpoint_does_not_wait_for_another(endpoint: Endpoint, now: datetime) -> None:
    other = services.create_endpoint(account=endpoint.account, url=endpoint.url, events=["call.started"])
    delivery = record(endpoint, "call_1", now)
    services.record_attempt(claim=claim(now, limit=1)[0], outcome=answered(200, now), at=now)

    assert claimed(now) == [Delivery.objects.get(event=delivery.event, endpoint=other).pk]


def test_what_ended_together_is_written_down_together(endpoint: Endpoint, now: datetime) -> None:
    of = [record(endpoint, f"call_{number}", now) for number in range(4)]
    _, bad, lost, _ = taken = claim(now)
    Delivery.objects.filter(pk=lost.delivery.pk).update(leased_until=now + 60 * SECOND)
    ended = [(each, answered(500 if each is bad else 200, now)) for each in taken]

    assert services.record_attempts(ended=ended, at=now) == 3

    states = Delivery.objects.order_by("pk").values_list("pk", "status", "attempts_made")
    assert list(states) == [
        (of[0].pk, "succeeded", 1),
        (of[1].pk, "pending", 1),
        (of[2].pk, "pending", 0),
        (of[3].pk, "succeeded", 1),
    ]
    assert Attempt.objects.count() == 3
    endpoint.refresh_from_db()
    # The last of them succeeded.
    assert endpoint.failing_since is None


def test_an_account_that_is_deleted_meanwhile_stops_no_other(endpoint: Endpoint, now: datetime) -> None:
    other = services.create_endpoint(
        account=Account.objects.create(name="Gone"), url=endpoint.url, events=["call.started"]
    )
    delivery = record(endpoint, "call_1", now)
    record(other, "call_2", now)
    taken = claim(now)
    other.account.delete()

    assert services.record_attempts(ended=[(each, answered(200, now)) for each in taken], at=now) == 1

    assert Delivery.objects.get() == delivery
    assert Delivery.objects.get().status == Delivery.Status.SUCCEEDED


def test_at_most_four_are_in_flight_to_one_endpoint(endpoint: Endpoint, now: datetime) -> None:
    for number in range(6):
        record(endpoint, f"call_{number}", now)

    taken = claim(now)
    assert len(taken) == 4
    assert claimed(now) == []

    services.record_attempt(claim=taken[0], outcome=answered(200, now), at=now)
    assert len(claim(now)) == 1


def test_a_full_endpoint_does_not_hide_the_others(endpoint: Endpoint, now: datetime) -> None:
    for number in range(10):
        record(endpoint, f"call_{number}", now)
    claim(now)
    other = services.create_endpoint(account=endpoint.account, url=endpoint.url, events=["call.failed"])
    delivery = services.send_test_event(endpoint=other, at=now)

    assert claimed(now, limit=1) == [delivery.pk]


def test_nothing_is_claimed_beyond_the_limit(endpoint: Endpoint, now: datetime) -> None:
    for number in range(3):
        record(endpoint, f"call_{number}", now)

    assert claimed(now, limit=0) == []
    assert len(claimed(now, limit=2)) == 2


def test_the_lease_of_a_dead_sender_runs_out(endpoint: Endpoint, now: datetime) -> None:
    delivery = record(endpoint, "call_1", now)
    lost = claim(now)[0]
    later = now + deliveries.LEASE

    assert claimed(later - SECOND) == []
    found = claim(later)[0]
    assert found.delivery == delivery

    # The first sender was only slow: its word comes too late.
    assert not services.record_attempt(claim=lost, outcome=answered(200, now), at=later)
    assert not Attempt.objects.exists()
    assert services.record_attempt(claim=found, outcome=answered(200, later), at=later)
    assert Attempt.objects.get().number == 1


def test_a_success_ends_it(endpoint: Endpoint, now: datetime) -> None:
    delivery = record(endpoint, "call_1", now)

    services.record_attempt(claim=claim(now)[0], outcome=answered(204, now), at=now)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts_made, delivery.next_attempt_at) == ("succeeded", 1, None)
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.started_at, attempt.duration_ms) == (1, now, 12)
    assert (attempt.status_code, attempt.response, attempt.error) == (204, "said", "")


@pytest.mark.parametrize("status", [None, 302, 400, 404, 429, 500])
def test_anything_but_2xx_is_tried_again(endpoint: Endpoint, now: datetime, status: int | None) -> None:
    delivery = record(endpoint, "call_1", now)

    services.record_attempt(claim=claim(now)[0], outcome=answered(status, now), at=now)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts_made, delivery.leased_until) == ("pending", 1, None)
    assert delivery.next_attempt_at is not None
    assert timedelta(seconds=4.5) <= delivery.next_attempt_at - now <= timedelta(seconds=5.5)
    assert Attempt.objects.get().status_code == status


def test_retries_go_on_for_about_three_days_and_then_end(endpoint: Endpoint, now: datetime) -> None:
    delivery = record(endpoint, "call_1", now)
    at = now
    delays = []
    while delivery.status == Delivery.Status.PENDING:
        services.record_attempt(claim=claim(at)[0], outcome=answered(None, at), at=at)
        delivery.refresh_from_db()
        if delivery.next_attempt_at is not None:
            delays.append(delivery.next_attempt_at - at)
            at = delivery.next_attempt_at

    assert delivery.status == Delivery.Status.FAILED
    assert delivery.attempts_made == 15
    assert len(delays) == 14
    assert timedelta(days=2, hours=12) < sum(delays, timedelta()) < timedelta(days=3, hours=12)
    assert max(delays) <= timedelta(hours=13, minutes=12)
    assert claimed(at + timedelta(days=30)) == []


def test_410_disables_the_endpoint(
    endpoint: Endpoint, now: datetime, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    gone, waiting, in_flight = (
        record(endpoint, "call_1", now),
        record(endpoint, "call_1", now),
        record(endpoint, "call_2", now),
    )
    taken = claim(now)

    services.record_attempt(claim=taken[0], outcome=answered(410, now), at=now)

    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.disabled_reason) == ("disabled", "it answered 410 Gone")
    for given_up in (gone, waiting):
        given_up.refresh_from_db()
        assert (given_up.status, given_up.next_attempt_at) == ("failed", None)

    # What was in flight is recorded, and not tried again.
    services.record_attempt(claim=taken[1], outcome=answered(500, now), at=now)
    in_flight.refresh_from_db()
    assert in_flight.status == Delivery.Status.FAILED


def test_five_days_of_failure_disable_the_endpoint_and_its_owner_is_told(
    endpoint: Endpoint, now: datetime, account: Account
) -> None:
    owner = User.objects.create_user("owner@example.com")
    Membership.objects.create(account=account, user=owner)
    Membership.objects.create(
        account=account, user=User.objects.create_user("viewer@example.com"), role=Membership.Role.VIEWER
    )
    for day in (0, 4, 5):
        endpoint.refresh_from_db()
        assert endpoint.status == Endpoint.Status.ENABLED
        at = now + timedelta(days=day)
        record(endpoint, f"call_{day}", at)
        for taken in claim(at):
            services.record_attempt(claim=taken, outcome=answered(500, at), at=at)

    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.disabled_reason) == ("disabled", "it has failed for five days")
    mails.tell_owner_of_disabled_endpoint(endpoint_id=endpoint.pk)
    assert [message.to for message in mail.outbox] == [["owner@example.com"]]
    assert endpoint.url in mail.outbox[0].body


def test_a_success_forgets_earlier_failures(endpoint: Endpoint, now: datetime) -> None:
    record(endpoint, "call_1", now)
    services.record_attempt(claim=claim(now)[0], outcome=answered(500, now), at=now)
    endpoint.refresh_from_db()
    assert endpoint.failing_since == now

    later = now + 10 * SECOND
    services.record_attempt(claim=claim(later)[0], outcome=answered(200, later), at=later)

    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_a_replay_sends_it_once_more(endpoint: Endpoint, now: datetime) -> None:
    delivery = record(endpoint, "call_1", now)
    services.record_attempt(claim=claim(now)[0], outcome=answered(200, now), at=now)

    services.replay_delivery(delivery=delivery, at=now + SECOND)

    again = claim(now + SECOND)
    assert [taken.delivery for taken in again] == [delivery]
    services.record_attempt(claim=again[0], outcome=answered(200, now), at=now + SECOND)
    assert list(delivery.attempts.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_a_disabled_endpoint_takes_no_replay(endpoint: Endpoint, now: datetime) -> None:
    delivery = record(endpoint, "call_1", now)
    services.disable_endpoint(endpoint=endpoint, reason="a test")

    with pytest.raises(services.EndpointNotEnabled):
        services.replay_delivery(delivery=delivery, at=now)

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.FAILED


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (timedelta(seconds=1), timedelta(seconds=5)),
        (timedelta(minutes=10), timedelta(minutes=10)),
        (timedelta(days=9), timedelta(hours=12)),
        (timedelta(days=-1), timedelta(seconds=5)),
    ],
)
def test_a_receiver_may_ask_for_a_longer_pause(
    endpoint: Endpoint, now: datetime, asked: timedelta, waits: timedelta
) -> None:
    delivery = record(endpoint, "call_1", now)
    outcome = Outcome(started_at=now, duration_ms=1, status_code=503, retry_at=now + asked)

    services.record_attempt(claim=claim(now)[0], outcome=outcome, at=now)

    delivery.refresh_from_db()
    assert delivery.next_attempt_at is not None
    assert abs(delivery.next_attempt_at - now - waits) <= timedelta(seconds=0.5)


@pytest.mark.parametrize("status", [200, 500, 410])
def test_a_replay_during_an_attempt_follows_it(endpoint: Endpoint, now: datetime, status: int) -> None:
    delivery = record(endpoint, "call_1", now)
    (under_way,) = claim(now)

    services.replay_delivery(delivery=delivery, at=now + SECOND)
    assert claimed(now + SECOND) == []
    services.record_attempt(claim=under_way, outcome=answered(status, now), at=now + 2 * SECOND)

    delivery.refresh_from_db()
    if status == 410:
        # Nobody listens there any more.
        services.give_up_unheard(at=now + 2 * SECOND)
        delivery.refresh_from_db()
        assert delivery.status == "failed"
        return
    assert (delivery.status, delivery.attempts_made, delivery.leased_until) == ("pending", 1, None)
    (again,) = claim(now + 2 * SECOND)
    services.record_attempt(claim=again, outcome=answered(200, now), at=now + 3 * SECOND)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts_made) == ("succeeded", 2)
