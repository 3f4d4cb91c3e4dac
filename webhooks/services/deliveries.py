"""The life of a delivery: claimed under a lease, attempted, recorded, tried again for about three days."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Count, Min, OuterRef

from webhooks import tasks
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services.endpoints import disable_endpoint, lock_listening

# Longer than an attempt may take, so that a lease runs out only where its sender is gone.
LEASE: Final = timedelta(seconds=20)
MAX_IN_FLIGHT: Final = 4
DISABLED_AFTER: Final = timedelta(days=5)

# What follows each failed attempt: 5 seconds, three times longer each time up to half a day, about three days in all.
RETRY_DELAYS: Final = tuple(timedelta(seconds=min(5 * 3**n, 43_200)) for n in range(14))
_JITTER: Final = 0.1

GONE: Final = 410


@dataclass(frozen=True)
class Claim:
    """A delivery in one sender's hands until the lease runs out. Holds all that sending needs."""

    delivery: Delivery
    leased_until: datetime


@dataclass(frozen=True)
class Outcome:
    """What came of one request. `status_code` is None where no answer came; `error` says why."""

    started_at: datetime
    duration_ms: int
    status_code: int | None
    response: str = ""
    error: str = ""

    @property
    def is_success(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


@transaction.atomic
def claim_due(*, at: datetime, limit: int) -> list[Claim]:
    """Take up to `limit` deliveries that are due, those waiting longest first and few enough of each endpoint."""
    endpoints = _lock_endpoints_with_work(at, limit)
    picked = _pick(endpoints, at)[:limit]
    deliveries = Delivery.objects.select_related("event").in_bulk(pk for pk, _ in picked)
    lease = at + LEASE
    Delivery.objects.filter(pk__in=deliveries).update(leased_until=lease)
    claims = []
    for pk, endpoint in picked:
        deliveries[pk].endpoint = endpoint
        claims.append(Claim(deliveries[pk], lease))
    return claims


@transaction.atomic
def record_attempt(*, claim: Claim, outcome: Outcome, at: datetime) -> bool:
    """Write down what came of a claim, and what follows. False where the lease was lost to another sender."""
    # Endpoint before delivery, as everywhere, so that no two wait for each other.
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=claim.delivery.endpoint_id)
    mine = Delivery.objects.select_for_update().filter(pk=claim.delivery.pk, leased_until=claim.leased_until)
    delivery = mine.first()
    if delivery is None:
        return False

    delivery.attempts_made += 1
    delivery.leased_until = None
    Attempt.objects.create(
        delivery=delivery,
        number=delivery.attempts_made,
        started_at=outcome.started_at,
        duration_ms=outcome.duration_ms,
        status_code=outcome.status_code,
        response=outcome.response,
        error=outcome.error,
    )
    if outcome.is_success:
        delivery.status = Delivery.Status.SUCCEEDED
        delivery.next_attempt_at = None
    else:
        _plan_retry(delivery, endpoint, at)
    delivery.save(update_fields=["status", "attempts_made", "next_attempt_at", "leased_until"])
    _note_health(endpoint, outcome, at)
    return True


@transaction.atomic
def replay_delivery(*, delivery: Delivery, at: datetime) -> Delivery:
    """Send it once more now, whatever came of it before. Raises EndpointNotEnabled."""
    lock_listening(delivery.endpoint)
    Delivery.objects.filter(pk=delivery.pk).update(status=Delivery.Status.PENDING, next_attempt_at=at)
    delivery.refresh_from_db()
    transaction.on_commit(tasks.wake_sender, robust=True)
    return delivery


def _lock_endpoints_with_work(at: datetime, limit: int) -> list[Endpoint]:
    """Up to `limit` endpoints with something due, the longest waiting first, without those known to be full.

    One that another sender claims from at this moment is passed over. Whoever holds the lock is alone with the
    endpoint's deliveries: all that claims, records or replays them takes it first, so the count in flight is exact.
    """
    due = Delivery.objects.due(at).filter(endpoint__in=Endpoint.objects.listening())
    by_endpoint = (
        due.order_by().values("endpoint").annotate(due_at=Min("next_attempt_at")).order_by("due_at", "endpoint")
    )
    waiting = list(by_endpoint.values_list("endpoint", flat=True))
    if not waiting or limit <= 0:
        return []

    in_flight = _count_in_flight(waiting, at)
    with_room = [pk for pk in waiting if in_flight.get(pk, 0) < MAX_IN_FLIGHT][:limit]
    # Not the key: rows of deliveries that refer to it may be inserted meanwhile.
    locked = Endpoint.objects.listening().select_for_update(skip_locked=True, no_key=True).in_bulk(with_room)
    return [locked[pk] for pk in with_room if pk in locked]


def _pick(endpoints: Sequence[Endpoint], at: datetime) -> list[tuple[int, Endpoint]]:
    """The deliveries to claim from these locked endpoints, as many as each has room for."""
    in_flight = _count_in_flight([endpoint.pk for endpoint in endpoints], at)
    claimable = Delivery.objects.filter(endpoint=OuterRef("pk")).claimable(at).order_by("next_attempt_at", "pk")
    # One look-up by index an endpoint, in one query for all.
    first = ArraySubquery(claimable.values("pk")[:MAX_IN_FLIGHT])
    found: dict[int, list[int]] = dict(
        Endpoint.objects.filter(pk__in=[endpoint.pk for endpoint in endpoints]).values_list("pk", first)
    )
    return [
        (pk, endpoint)
        for endpoint in endpoints
        for pk in found[endpoint.pk][: max(0, MAX_IN_FLIGHT - in_flight.get(endpoint.pk, 0))]
    ]


def _count_in_flight(endpoints: Sequence[int], at: datetime) -> dict[int, int]:
    in_flight = Delivery.objects.filter(endpoint__in=endpoints).in_flight(at).order_by()
    return dict(in_flight.values("endpoint").annotate(count=Count("pk")).values_list("endpoint", "count"))


def _plan_retry(delivery: Delivery, endpoint: Endpoint, at: datetime) -> None:
    is_listening = endpoint.status == Endpoint.Status.ENABLED and endpoint.deleted_at is None
    if is_listening and delivery.attempts_made <= len(RETRY_DELAYS):
        delay = RETRY_DELAYS[delivery.attempts_made - 1]
        # Jitter, so that what failed together does not come back together.
        delivery.next_attempt_at = at + delay * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # no secret
    else:
        delivery.status = Delivery.Status.FAILED
        delivery.next_attempt_at = None


def _note_health(endpoint: Endpoint, outcome: Outcome, at: datetime) -> None:
    if outcome.is_success:
        if endpoint.failing_since is not None:
            Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=None)
    elif outcome.status_code == GONE:
        disable_endpoint(endpoint=endpoint, reason="it answered 410 Gone", tell_owner=True)
    elif endpoint.failing_since is None:
        Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=at)
    elif at - endpoint.failing_since >= DISABLED_AFTER:
        disable_endpoint(endpoint=endpoint, reason="it has failed for five days", tell_owner=True)
