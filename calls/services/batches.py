"""Batches of calls: drafted from a file or a list, looked over, started, paused, canceled; and how far they are.

Their calls are placed by `batch_work`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Avg, Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts import audit
from accounts.limits import limits_of
from accounts.models import Account, ApiKey
from agents.models import Agent
from billing import rates
from billing.models import Balance
from calls.models import BatchRow, Call, CallBatch
from calls.number_files import NumberRow, read_numbers
from calls.retry_rules import RetryRule
from calls.services import starting
from vaniagent.lib import errors

MOST_PER_MINUTE: Final = 6_000
# How long a call takes where the agent has none yet to go by.
USUAL_SECONDS: Final = 90
_GO_BY: Final = 200

Status = CallBatch.Status
Row = BatchRow.Status
_GOING: Final = (Status.SCHEDULED, Status.RUNNING)
_CANCELABLE: Final = (Status.DRAFT, Status.SCHEDULED, Status.RUNNING, Status.PAUSED)


class BatchMoved(errors.InvalidRequest):
    """The batch is not where this could be done."""


class NoSuchBatch(errors.NotFound):
    """Nothing by that id, or somebody else's."""


@dataclass(frozen=True)
class Preview:
    """What will happen if the draft is started."""

    valid: int
    # The first of those that will not be called.
    problems: tuple[BatchRow, ...]
    skipped: int
    at_once: int
    # By what calls of this agent cost and took lately.
    usual_seconds: int
    micro_credits: int
    lasts: timedelta
    available: int

    @property
    def is_affordable(self) -> bool:
        return self.available >= self.micro_credits


@dataclass(frozen=True)
class Progress:
    """How far a batch is."""

    rows: Mapping[str, int] = field(default_factory=dict)
    # Calls placed so far: a row that is tried again has several.
    calls: int = 0
    live: int = 0
    answered: int = 0
    ended: int = 0
    seconds: int = 0
    micro_credits: int = 0

    @property
    def waiting(self) -> int:
        return self.rows.get(Row.WAITING, 0)

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def batches_of(account: Account) -> QuerySet[CallBatch]:
    """An account's batches, newest first."""
    batches: QuerySet[CallBatch] = CallBatch.objects.for_account(account).select_related("agent__current", "created_by")
    return batches.order_by("-pk")


def get_batch(*, account: Account, public_id: str) -> CallBatch:
    """Raises NoSuchBatch."""
    batch = batches_of(account).filter(public_id=public_id).first()
    if batch is None:
        raise NoSuchBatch(_("There is no such batch."))
    return batch


def draft_batch(*, file: bytes, name: str, **options: Any) -> CallBatch:
    """Read a file of numbers into a draft, as `make_batch`. Raises number_files.BadFile, and what that does."""
    return make_batch(numbers=read_numbers(file), name=name, **options)


@transaction.atomic
def make_batch(
    *,
    account: Account,
    agent: Agent,
    numbers: Iterable[NumberRow],
    name: str,
    start: bool = False,
    from_number: str | None = None,
    at_once: int | None = None,
    per_minute: int | None = None,
    hours: Mapping[str, Any] | None = None,
    retry: RetryRule | None = None,
    scheduled_at: datetime | None = None,
    api_key: ApiKey | None = None,
    by: audit.Actor,
    at: datetime,
) -> CallBatch:
    """Keep whom to call as a draft, which lasts a day, or `start` at once. Raises BatchMoved, starting.NoSuchAgent and starting.TooFarAhead.

    `at_once` is at most the account's limit of live calls; by default one less, so that there is room for others. `hours`,
    as an agent's are kept, hold beside the agent's own. With a test key all its calls go to the sandbox.
    """
    starting.version_of(agent)
    if scheduled_at is not None:
        starting.check_ahead(scheduled_at, at=at)
    most = limits_of(account).max_live_calls
    batch = _store(
        CallBatch(
            account=account,
            agent=agent,
            created_by=by.user,
            api_key=api_key,
            name=(" ".join(name.split()) or _("Calls"))[:100],
            from_number=from_number,
            at_once=max(1, min(at_once or most - 1, most)),
            per_minute=per_minute,
            hours=hours,
            retry=None if retry is None else retry.as_json(),
            scheduled_at=scheduled_at,
            created_at=at,
        ),
        numbers,
    )
    return start_batch(batch=batch, by=by, at=at) if start else batch


@transaction.atomic
def _store(batch: CallBatch, numbers: Iterable[NumberRow]) -> CallBatch:
    batch.save()
    BatchRow.objects.bulk_create(
        [
            BatchRow(
                batch=batch,
                line=row.line,
                status=Row.SKIPPED if row.problem else Row.WAITING,
                to_number=row.to_number,
                metadata=row.metadata,
                problem=row.problem,
            )
            for row in numbers
        ],
        batch_size=1_000,
    )
    return batch


def preview(*, batch: CallBatch, problems: int = 50) -> Preview:
    """What a draft will do, and about what it will cost."""
    skipped = BatchRow.objects.filter(batch=batch, status=Row.SKIPPED)
    valid = BatchRow.objects.filter(batch=batch, status=Row.WAITING).count()
    lately = Call.objects.filter(agent=batch.agent, status=Call.Status.COMPLETED).order_by("-pk")[:_GO_BY]
    usual = Call.objects.filter(pk__in=lately.values("pk")).aggregate(seconds=Avg("duration"))["seconds"]
    usual_seconds = round(usual) if usual else USUAL_SECONDS
    rate = rates.rate_per_minute(batch.account, is_test=False)
    return Preview(
        valid=valid,
        problems=tuple(skipped.order_by("line")[:problems]),
        skipped=skipped.count(),
        at_once=batch.at_once,
        usual_seconds=usual_seconds,
        micro_credits=valid * rates.cost(rate_per_minute=rate, seconds=usual_seconds),
        lasts=timedelta(seconds=-(-valid // batch.at_once) * usual_seconds),
        available=_available(batch.account),
    )


def progress(*, batch: CallBatch) -> Progress:
    """Counted anew each time, in two queries."""
    return progress_of([batch])[batch.pk]


def progress_of(batches: Iterable[CallBatch]) -> dict[int, Progress]:
    """Of several by primary key, likewise in two queries."""
    pks = [batch.pk for batch in batches]
    rows: dict[int, dict[str, int]] = {pk: {} for pk in pks}
    counted = BatchRow.objects.filter(batch__in=pks).values_list("batch", "status").annotate(Count("pk")).order_by()
    for pk, status, count in counted:
        rows[pk][status] = count
    calls = Call.objects.filter(batch_row__batch__in=pks).values("batch_row__batch").order_by()
    is_live = Q(status__in=Call.LIVE)
    found = {
        one.pop("batch_row__batch"): one
        for one in calls.annotate(
            calls=Count("pk"),
            live=Count("pk", filter=is_live),
            answered=Count("pk", filter=Q(status=Call.Status.COMPLETED)),
            ended=Count("pk", filter=~is_live),
            talked=Sum("duration", default=0),
            spent=Sum("cost", default=0),
        )
    }
    return {pk: _progress(rows[pk], found.get(pk)) for pk in pks}


def rows_of(batch: CallBatch, *, status: str | None = None, ended_reason: str | None = None) -> QuerySet[BatchRow]:
    """Its rows as they were sent, each with the last of its calls; those of a status, or whose last call ended so."""
    rows: QuerySet[BatchRow] = BatchRow.objects.filter(batch=batch).select_related("call").order_by("line")
    if status is not None:
        rows = rows.filter(status=status)
    if ended_reason is not None:
        rows = rows.filter(call__ended_reason=ended_reason)
    return rows


def version_of_results(*, batch: CallBatch) -> str:
    """What changes whenever its rows, or what is told of their calls, do."""
    counted = BatchRow.objects.filter(batch=batch).aggregate(
        Count("pk"),
        Sum("attempts"),
        waiting=Count("pk", filter=Q(status=Row.WAITING)),
        canceled=Count("pk", filter=Q(status=Row.CANCELED)),
        refused=Count("pk", filter=Q(status=Row.REFUSED)),
    )
    told = Call.objects.filter(batch_row__batch=batch).aggregate(Count("pk"), Sum("last_seq"))
    return f"{batch.public_id} {counted} {told}"


def _progress(rows: Mapping[str, int], calls: dict[str, int] | None) -> Progress:
    if calls is None:
        return Progress(rows)
    return Progress(
        rows,
        calls=calls["calls"],
        live=calls["live"],
        answered=calls["answered"],
        ended=calls["ended"],
        seconds=calls["talked"],
        micro_credits=calls["spent"],
    )


@transaction.atomic
def start_batch(*, batch: CallBatch, by: audit.Actor, at: datetime) -> CallBatch:
    """Begin to place a draft's calls, or have them wait for its time. Raises BatchMoved.

    Here and below, one that is there already stays as it is.
    """
    waiting = BatchRow.objects.filter(batch=batch, status=Row.WAITING).count()
    if not waiting and batch.status == Status.DRAFT:
        raise BatchMoved(_("There is nobody to call in this file."))
    return _move(batch, (Status.DRAFT,), _running(batch, at), "batch.started", by=by, at=at, calls=waiting)


@transaction.atomic
def pause_batch(*, batch: CallBatch, by: audit.Actor, at: datetime) -> CallBatch:
    """Place no more for now; calls in progress go on. Raises BatchMoved."""
    return _move(batch, (Status.SCHEDULED, Status.RUNNING), Status.PAUSED, "batch.paused", by=by, at=at)


@transaction.atomic
def resume_batch(*, batch: CallBatch, by: audit.Actor, at: datetime) -> CallBatch:
    """Raises BatchMoved."""
    return _move(batch, (Status.PAUSED,), _running(batch, at), "batch.resumed", by=by, at=at)


@transaction.atomic
def cancel_batch(*, batch: CallBatch, by: audit.Actor, at: datetime) -> CallBatch:
    """Place no more at all; calls in progress go on, and are not tried again. Raises BatchMoved."""
    batch = _move(batch, _CANCELABLE, Status.CANCELED, "batch.canceled", by=by, at=at)
    BatchRow.objects.filter(batch=batch, status=Row.WAITING).update(status=Row.CANCELED)
    return batch


def _running(batch: CallBatch, at: datetime) -> Status:
    """What it is when it goes on."""
    return Status.SCHEDULED if batch.scheduled_at is not None and batch.scheduled_at > at else Status.RUNNING


def _available(account: Account) -> int:
    return Balance.objects.filter(account=account).values_list("available", flat=True).first() or 0


def _move(
    batch: CallBatch,
    allowed_from: tuple[Status, ...],
    to: Status,
    action: str,
    *,
    by: audit.Actor,
    at: datetime,
    **details: audit.Detail,
) -> CallBatch:
    locked = CallBatch.objects.select_for_update(of=("self",)).select_related("account", "agent")
    found: CallBatch = locked.get(pk=batch.pk)
    if found.status == to or (to in _GOING and found.status in _GOING):
        return found
    if found.status not in allowed_from:
        raise BatchMoved(_("This batch is %(status)s.") % {"status": found.get_status_display().lower()})

    found.status, found.paused_because = to, ""
    found.started_at = found.started_at or (at if to == Status.RUNNING else None)
    found.ended_at = at if to == Status.CANCELED else None
    found.save(update_fields=["status", "paused_because", "started_at", "ended_at"])
    audit.record(account=found.account, by=by, action=action, target=found.public_id, details=details, at=at)
    return found
