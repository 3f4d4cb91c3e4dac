"""The life of a delivery: claimed under a lease, attempted, recorded, tried again for about three days."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from webhooks import tasks
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services.endpoints import disable_endpoint, lock_listening

# Longer than an attempt may take, so that a lease runs out only where its sender is gone.
LEASE: Final = timedelta(seconds=30)
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
    """Take up to `limit` deliveries that are due, those waiting longest first and few enough of each endpoint.

    An endpoint that another sender claims from at this moment is left out: the lock makes the count of its
    deliveries in flight exact.
    """
    if limit <= 0:
        return []
    endpoints = _endpoints_with_room(at, limit)
    in_flight = dict(
        Delivery.objects.filter(endpoint__in=endpoints)
        .in_flight(at)
        .values_list("endpoint")
        .annotate(count=Count("pk"))
        .values_list("endpoint", "count")
    )
    lease = at + LEASE
    claims: list[Claim] = []
    for endpoint in endpoints:
        room = min(MAX_IN_FLIGHT - in_flight.get(endpoint.pk, 0), limit - len(claims))
        if room <= 0:
            continue
        due = Delivery.objects.filter(endpoint=endpoint).claimable(at).order_by("next_attempt_at", "pk")
        for delivery in due.select_for_update(skip_locked=True, of=("self",)).select_related("event")[:room]:
            delivery.endpoint = endpoint
            claims.append(Claim(delivery, lease))
    Delivery.objects.filter(pk__in=[claim.delivery.pk for claim in claims]).update(leased_until=lease)
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


def _endpoints_with_room(at: datetime, limit: int) -> list[Endpoint]:
    """Locked: endpoints with something claimable, the longest waiting first; without those known to be full."""
    due = Delivery.objects.claimable(at)
    of_this = Delivery.objects.filter(endpoint=OuterRef("pk"))
    in_flight = of_this.in_flight(at).order_by().values("endpoint").annotate(count=Count("pk")).values("count")
    endpoints = (
        Endpoint.objects.listening()
        .filter(pk__in=due.values("endpoint"))
        .annotate(
            in_flight=Coalesce(Subquery(in_flight, output_field=IntegerField()), 0),
            due_at=Subquery(of_this.claimable(at).order_by("next_attempt_at").values("next_attempt_at")[:1]),
        )
        .filter(in_flight__lt=MAX_IN_FLIGHT)
        .order_by(F("due_at"), "pk")
    )
    # Not the key: rows of deliveries that refer to it may be inserted meanwhile.
    return list(endpoints.select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit])


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
