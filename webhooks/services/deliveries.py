"""The life of a delivery: claimed under a lease, attempted, recorded, tried again for about three days."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Count, F, OuterRef, Q

from webhooks import tasks
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services.endpoints import disable_endpoint, lock_listening

# Longer than an attempt may take, so that a lease runs out only where its sender is gone.
LEASE: Final = timedelta(seconds=20)
MAX_IN_FLIGHT: Final = 4
# However many endpoints an account has: those of others must not wait for its slow ones.
MAX_IN_FLIGHT_OF_ACCOUNT: Final = 20
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
    # When the receiver asked to be tried again.
    retry_at: datetime | None = None

    @property
    def is_success(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


@transaction.atomic
def claim_due(*, at: datetime, limit: int, limit_failing: int | None = None) -> list[Claim]:
    """Take up to `limit` deliveries that are due, those waiting longest first and few enough of each endpoint.

    Of endpoints that failed the last time at most `limit_failing` are taken.
    """
    endpoints = _lock_endpoints_with_work(at, limit)
    picked = _pick(endpoints, at, limit=limit, limit_failing=limit if limit_failing is None else limit_failing)
    deliveries = Delivery.objects.select_related("event").in_bulk(pk for pk, _ in picked)
    lease = at + LEASE
    Delivery.objects.filter(pk__in=deliveries).update(leased_until=lease)
    claims = []
    for pk, endpoint in picked:
        deliveries[pk].endpoint = endpoint
        claims.append(Claim(deliveries[pk], lease))
    return claims


def record_attempt(*, claim: Claim, outcome: Outcome, at: datetime) -> bool:
    """`record_attempts` for one. False where the lease was lost to another sender."""
    return record_attempts(ended=[(claim, outcome)], at=at) == 1


@transaction.atomic
def record_attempts(*, ended: Sequence[tuple[Claim, Outcome]], at: datetime) -> int:
    """Write down what came of claims, and what follows. How many: a lease that was lost is another sender's to record.

    Many at once, because a commit costs more than what it commits.
    """
    # Endpoint before delivery and in the order of their keys, as everywhere, so that no two wait for each other.
    endpoints = _lock_endpoints(claim.delivery.endpoint_id for claim, _ in ended)
    found = Delivery.objects.select_for_update().order_by("pk")
    held = found.in_bulk([claim.delivery.pk for claim, _ in ended])
    attempts, succeeded = [], []
    for claim, outcome in ended:
        delivery, endpoint = held.get(claim.delivery.pk), endpoints.get(claim.delivery.endpoint_id)
        if delivery is None or endpoint is None or delivery.leased_until != claim.leased_until:
            continue
        delivery.attempts_made += 1
        attempts.append(_to_attempt(delivery, outcome))
        if _was_replayed(delivery, claim) and _is_listening(endpoint):
            # Whatever came of this attempt, somebody wants another after it.
            delivery.leased_until = None
            delivery.save(update_fields=["attempts_made", "leased_until"])
        elif outcome.is_success:
            succeeded.append(delivery.pk)
        else:
            _plan_retry(delivery, endpoint, outcome, at)
            delivery.leased_until = None
            delivery.save(update_fields=["status", "attempts_made", "next_attempt_at", "leased_until"])
        _note_health(endpoint, outcome, at)
    Attempt.objects.bulk_create(attempts)
    Delivery.objects.filter(pk__in=succeeded).update(
        status=Delivery.Status.SUCCEEDED,
        attempts_made=F("attempts_made") + 1,
        next_attempt_at=None,
        leased_until=None,
    )
    return len(attempts)


@transaction.atomic
def replay_delivery(*, delivery: Delivery, at: datetime) -> Delivery:
    """Send it once more now, whatever came of it before; after the attempt that is under way. Raises EndpointNotEnabled."""
    lock_listening(delivery.endpoint)
    Delivery.objects.filter(pk=delivery.pk).update(status=Delivery.Status.PENDING, next_attempt_at=at)
    delivery.refresh_from_db()
    transaction.on_commit(tasks.wake_sender, robust=True)
    return delivery


@transaction.atomic
def replay_deliveries(*, endpoint: Endpoint, since: datetime, until: datetime, status: str | None, at: datetime) -> int:
    """Send again, oldest first, what became of events of that time: from `since`, before `until`. How many there are.

    A `status` narrows it; what is pending anyhow is left as it is. Raises EndpointNotEnabled.
    """
    lock_listening(endpoint)
    ended = Delivery.objects.filter(endpoint=endpoint, event__created_at__gte=since, event__created_at__lt=until)
    ended = ended.exclude(status=Delivery.Status.PENDING)
    if status is not None:
        ended = ended.filter(status=status)
    count = ended.update(status=Delivery.Status.PENDING, next_attempt_at=at)
    if count:
        transaction.on_commit(tasks.wake_sender, robust=True)
    return count


def give_up_unheard(*, at: datetime) -> int:
    """End what waits for an endpoint that is disabled or deleted. How many there were.

    A dead sender had it in its hands then, or its event was being recorded. Failed, it may be replayed.
    """
    left = Delivery.objects.filter(Q(leased_until=None) | Q(leased_until__lte=at), status=Delivery.Status.PENDING)
    unheard = left.exclude(endpoint__in=Endpoint.objects.listening())
    return unheard.update(status=Delivery.Status.FAILED, next_attempt_at=None, leased_until=None)


def _lock_endpoints(keys: Iterable[int]) -> dict[int, Endpoint]:
    return Endpoint.objects.select_for_update(no_key=True).order_by("pk").in_bulk(set(keys))


def _was_replayed(delivery: Delivery, claim: Claim) -> bool:
    """Whether somebody asked for it anew while the claim's attempt was under way: claims leave this time as it is."""
    return delivery.next_attempt_at != claim.delivery.next_attempt_at


def _is_listening(endpoint: Endpoint) -> bool:
    return endpoint.status == Endpoint.Status.ENABLED and endpoint.deleted_at is None


def _to_attempt(delivery: Delivery, outcome: Outcome) -> Attempt:
    return Attempt(
        delivery=delivery,
        number=delivery.attempts_made,
        started_at=outcome.started_at,
        duration_ms=outcome.duration_ms,
        status_code=outcome.status_code,
        response=outcome.response,
        error=outcome.error,
    )


def _lock_endpoints_with_work(at: datetime, limit: int) -> list[Endpoint]:
    """Up to `limit` endpoints with something due, the longest waiting first, without those known to be full.

    One that another sender claims from at this moment is passed over. Whoever holds the lock is alone with the
    endpoint's deliveries: all that claims, records or replays them takes it first, so the count in flight is exact.
    """
    waiting = Delivery.objects.endpoints_with_due(at)
    if not waiting or limit <= 0:
        return []

    in_flight = _count_in_flight([pk for pk, _ in waiting], at)
    room = _room_of_accounts({account for _, account in waiting}, at)
    with_room: list[int] = []
    for pk, account in waiting:
        if in_flight.get(pk, 0) < MAX_IN_FLIGHT and room[account] > 0 and len(with_room) < limit:
            with_room.append(pk)
            room[account] -= 1
    # Not the key: rows of deliveries that refer to it may be inserted meanwhile.
    locked = Endpoint.objects.listening().select_for_update(skip_locked=True, no_key=True).in_bulk(with_room)
    return [locked[pk] for pk in with_room if pk in locked]


def _pick(endpoints: Sequence[Endpoint], at: datetime, *, limit: int, limit_failing: int) -> list[tuple[int, Endpoint]]:
    """The deliveries to claim from these locked endpoints, as many as each, its account and the sender have room for."""
    in_flight = _count_in_flight([endpoint.pk for endpoint in endpoints], at)
    claimable = Delivery.objects.filter(endpoint=OuterRef("pk")).claimable(at).order_by("next_attempt_at", "pk")
    # One look-up by index an endpoint, in one query for all.
    first = ArraySubquery(claimable.values("pk")[:MAX_IN_FLIGHT])
    found: dict[int, list[int]] = dict(
        Endpoint.objects.filter(pk__in=[endpoint.pk for endpoint in endpoints]).values_list("pk", first)
    )
    room = _room_of_accounts({endpoint.account_id for endpoint in endpoints}, at)
    picked: list[tuple[int, Endpoint]] = []
    for endpoint in endpoints:
        wanted = min(MAX_IN_FLIGHT - in_flight.get(endpoint.pk, 0), room[endpoint.account_id], limit - len(picked))
        if endpoint.failing_since is not None:
            wanted = min(wanted, limit_failing)
        taken = found[endpoint.pk][: max(0, wanted)]
        room[endpoint.account_id] -= len(taken)
        limit_failing -= len(taken) if endpoint.failing_since is not None else 0
        picked += [(pk, endpoint) for pk in taken]
    return picked


def _count_in_flight(endpoints: Sequence[int], at: datetime) -> dict[int, int]:
    in_flight = Delivery.objects.filter(endpoint__in=endpoints).in_flight(at).order_by()
    return dict(in_flight.values("endpoint").annotate(count=Count("pk")).values_list("endpoint", "count"))


def _room_of_accounts(accounts: Iterable[int], at: datetime) -> dict[int, int]:
    """How many more of each account's deliveries may be in flight."""
    in_flight = Delivery.objects.filter(account__in=accounts).in_flight(at).order_by()
    counts = dict(in_flight.values("account").annotate(count=Count("pk")).values_list("account", "count"))
    return {account: MAX_IN_FLIGHT_OF_ACCOUNT - counts.get(account, 0) for account in accounts}


def _plan_retry(delivery: Delivery, endpoint: Endpoint, outcome: Outcome, at: datetime) -> None:
    if _is_listening(endpoint) and delivery.attempts_made <= len(RETRY_DELAYS):
        delay = RETRY_DELAYS[delivery.attempts_made - 1]
        # Jitter, so that what failed together does not come back together.
        delivery.next_attempt_at = at + delay * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # no secret
        if outcome.retry_at is not None:
            # Never sooner than planned, and never later than our longest pause.
            asked = min(outcome.retry_at, at + RETRY_DELAYS[-1])
            delivery.next_attempt_at = max(delivery.next_attempt_at, asked)
    else:
        delivery.status = Delivery.Status.FAILED
        delivery.next_attempt_at = None


def _note_health(endpoint: Endpoint, outcome: Outcome, at: datetime) -> None:
    if outcome.is_success:
        if endpoint.failing_since is not None:
            _set_failing_since(endpoint, None)
    elif outcome.status_code == GONE:
        disable_endpoint(endpoint=endpoint, reason="it answered 410 Gone", tell_owner=True)
    elif endpoint.failing_since is None:
        _set_failing_since(endpoint, at)
    elif at - endpoint.failing_since >= DISABLED_AFTER:
        disable_endpoint(endpoint=endpoint, reason="it has failed for five days", tell_owner=True)


def _set_failing_since(endpoint: Endpoint, at: datetime | None) -> None:
    endpoint.failing_since = at
    endpoint.save(update_fields=["failing_since"])
