"""How the installation does, for staff. Each figure costs one bounded query, whatever waits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import redis
from django.conf import settings
from django.db.models import Count, Max, QuerySet
from django.urls import reverse
from kombu.exceptions import OperationalError

from billing.models import LedgerCheck
from calls.models import Call, LegHolder
from calls.services import lifecycle, stuck
from vaniagent import health
from vaniagent.celery import app
from vaniagent.lib.staff_admin import age
from webhooks.models import Delivery, Endpoint

log = logging.getLogger(__name__)

# Counted no further.
MOST: Final = 10_000
# A delivery that is due for so long is late: beat looks each second.
LATE_AFTER: Final = timedelta(seconds=60)
# Holders beat each second, workers renew their leases every few.
SILENT_AFTER: Final = timedelta(seconds=10)
# The ledger is compared each night.
LEDGER_CHECKED_WITHIN: Final = timedelta(hours=26)
QUEUES: Final = ("takeover", "calls", "webhooks", "default", "upkeep")
NODES_ANSWER_WITHIN: Final = 0.7


@dataclass(frozen=True)
class Tile:
    """A figure, what it says, where it leads. `is_well` None: it is neither good nor bad."""

    label: str
    figure: str
    note: str
    url: str
    is_well: bool | None = None


@dataclass(frozen=True)
class Process:
    name: str
    kind: str
    seen: str
    load: str
    is_well: bool


@dataclass(frozen=True)
class Queue:
    name: str
    # None: Redis does not answer.
    waiting: int | None


def tiles(*, at: datetime) -> list[Tile]:
    """The figures of the first page."""
    live, stuck_now = _count(Call.objects.filter(status__in=Call.LIVE)), _count(stuck.stuck_calls(at=at))
    holding = _count(LegHolder.objects.filter(seen_at__gte=at - SILENT_AFTER))
    due = Delivery.objects.filter(status=Delivery.Status.PENDING)
    due_now, late = _count(due.filter(next_attempt_at__lte=at)), _count(due.filter(next_attempt_at__lt=at - LATE_AFTER))
    failing = _count(Endpoint.objects.listening().exclude(failing_since=None))
    waiting = queues()
    calls, deliveries = _list_of("calls_call"), _list_of("webhooks_delivery")
    return [
        Tile("Live calls", _text(live), "now", f"{calls}?progress=live"),
        Tile("Stuck calls", _text(stuck_now), "held up too long", f"{calls}?progress=stuck", is_well=not stuck_now),
        Tile("Leg holders", _text(holding), "seen in the last 10 s", reverse("admin:processes"), is_well=holding > 0),
        Tile(
            "Queued",
            "–" if any(queue.waiting is None for queue in waiting) else _text(sum(q.waiting or 0 for q in waiting)),
            ", ".join(f"{queue.name} {queue.waiting}" for queue in waiting if queue.waiting) or "nothing waits",
            reverse("admin:processes"),
            is_well=all(queue.waiting is not None for queue in waiting),
        ),
        Tile(
            "Deliveries due",
            _text(due_now),
            f"{_text(late)} late by more than a minute",
            f"{deliveries}?progress=due",
            is_well=not late,
        ),
        Tile("Failing endpoints", _text(failing), "still tried", _list_of("webhooks_endpoint"), is_well=not failing),
        _ledger_tile(at),
    ]


def holders(*, at: datetime) -> list[Process]:
    """The processes that hold legs, the latest heard first."""
    return [
        Process(
            name=holder.name,
            kind=f"{holder.kind}, draining" if holder.is_draining else holder.kind,
            seen=age(holder.seen_at, at),
            load=f"{holder.live_legs} of {holder.max_legs} legs",
            is_well=at - holder.seen_at < SILENT_AFTER,
        )
        for holder in LegHolder.objects.order_by("-seen_at")[:50]
    ]


def workers(*, at: datetime) -> list[Process]:
    """The workers that drive calls now: each says that it lives by renewing its leases."""
    driven = Call.objects.filter(status__in=Call.LIVE).exclude(worker="").values("worker")
    found = driven.annotate(calls=Count("pk"), lease=Max("lease_until")).order_by("worker")[:50]
    return [_to_worker(row, at) for row in found]


def nodes() -> list[Process]:
    """The queue's workers that answer within a moment, idle ones too."""
    inspect = app.control.inspect(timeout=NODES_ANSWER_WITHIN)
    try:
        consumed = inspect.active_queues() or {}
    except (redis.RedisError, OperationalError, OSError):
        log.warning("the queue is away", exc_info=True)
        return []
    return [
        Process(name, "worker", "now", ", ".join(sorted(queue["name"] for queue in consumes)), is_well=True)
        for name, consumes in sorted(consumed.items())
    ]


def queues() -> list[Queue]:
    """How many messages wait in each queue."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            pipeline = client.pipeline(transaction=False)
            for name in QUEUES:
                pipeline.llen(name)
            return [Queue(name, int(length)) for name, length in zip(QUEUES, pipeline.execute(), strict=True)]
    except redis.RedisError:
        log.warning("Redis is away", exc_info=True)
        return [Queue(name, None) for name in QUEUES]


def stores() -> list[Process]:
    """PostgreSQL and Redis."""
    found = (("PostgreSQL", health.database_answers()), ("Redis", health.redis_answers()))
    return [Process(name, "store", "now" if answers else "away", "", is_well=answers) for name, answers in found]


def _ledger_tile(at: datetime) -> Tile:
    check = LedgerCheck.objects.order_by("-pk").first()
    url = _list_of("billing_ledgercheck")
    if check is None:
        return Tile("Ledger check", "never", "made each night", url)
    figure = "in balance" if check.faults == 0 else f"{check.faults} faults"
    is_recent = at - check.checked_at < LEDGER_CHECKED_WITHIN
    return Tile("Ledger check", figure, f"{age(check.checked_at, at)} ago", url, is_well=is_recent and not check.faults)


def _to_worker(row: dict[str, Any], at: datetime) -> Process:
    renewed = row["lease"] - lifecycle.LEASE if row["lease"] else None
    return Process(
        name=row["worker"],
        kind="conversations",
        seen=age(renewed, at),
        load=f"{row['calls']} calls",
        is_well=renewed is not None and at - renewed < SILENT_AFTER,
    )


def _count(rows: QuerySet[Any]) -> int:
    return rows.order_by()[:MOST].count()


def _text(count: int) -> str:
    return f"{count:,}" if count < MOST else f"{MOST:,} or more"


def _list_of(name: str) -> str:
    return reverse(f"admin:{name}_changelist")
