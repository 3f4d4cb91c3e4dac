"""Calls from a file: drafted, looked over, started; then placed as there is room, each number once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Avg, Count, Q, QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.limits import limits_of
from accounts.models import Account
from agents.models import Agent
from billing import rates
from billing import services as billing
from billing.models import Balance
from calls.models import BatchRow, Call, CallBatch
from calls.number_files import NumberRow, read_numbers
from calls.services import gate, starting
from vaniagent.lib import errors

logger = logging.getLogger(__name__)

# Of one batch in one round: others have their turn.
MOST_IN_A_ROUND: Final = 50
DRAFTS_LAST: Final = timedelta(days=1)
# How long a call takes where the agent has none yet to go by.
USUAL_SECONDS: Final = 90
_GO_BY: Final = 200

Status = CallBatch.Status
Row = BatchRow.Status


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

    rows: Mapping[str, int]
    live: int
    answered: int
    ended: int

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


def draft_batch(
    *,
    account: Account,
    agent: Agent,
    file: bytes,
    name: str,
    from_number: str | None = None,
    at_once: int | None = None,
    by: audit.Actor,
    at: datetime,
) -> CallBatch:
    """Read a file of numbers into a draft, which lasts a day. Raises number_files.BadFile.

    `at_once` is at most the account's limit of live calls; by default one less, so that there is room for others.
    """
    numbers = read_numbers(file)
    most = limits_of(account).max_live_calls
    return _store(
        CallBatch(
            account=account,
            agent=agent,
            created_by=by.user,
            name=(" ".join(name.split()) or _("Calls"))[:100],
            from_number=from_number,
            at_once=max(1, min(at_once or most - 1, most)),
            created_at=at,
        ),
        numbers,
    )


@transaction.atomic
def _store(batch: CallBatch, numbers: list[NumberRow]) -> CallBatch:
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
    rows = dict(BatchRow.objects.filter(batch=batch).values_list("status").annotate(Count("pk")).order_by())
    calls = Call.objects.filter(batch_row__batch=batch)
    states = dict(calls.values_list("status").annotate(Count("pk")).order_by())
    live = sum(states.get(status, 0) for status in Call.LIVE)
    return Progress(
        rows=rows, live=live, answered=states.get(Call.Status.COMPLETED, 0), ended=sum(states.values()) - live
    )


@transaction.atomic
def start_batch(*, batch: CallBatch, by: audit.Actor, at: datetime) -> CallBatch:
    """Begin to place a draft's calls. Raises BatchMoved."""
    waiting = BatchRow.objects.filter(batch=batch, status=Row.WAITING).count()
    if not waiting:
        raise BatchMoved(_("There is nobody to call in this file."))
    return _move(batch, (Status.DRAFT,), Status.RUNNING, "batch.started", by=by, at=at, calls=waiting)


@transaction.atomic
def pause_batch(*, batch: CallBatch, by: audit.Actor, at: datetime) -> CallBatch:
    """Place no more for now; calls in progress go on. Raises BatchMoved."""
    return _move(batch, (Status.RUNNING,), Status.PAUSED, "batch.paused", by=by, at=at)


@transaction.atomic
def resume_batch(*, batch: CallBatch, by: audit.Actor, at: datetime) -> CallBatch:
    """Raises BatchMoved."""
    return _move(batch, (Status.PAUSED,), Status.RUNNING, "batch.resumed", by=by, at=at)


@transaction.atomic
def cancel_batch(*, batch: CallBatch, by: audit.Actor, at: datetime) -> CallBatch:
    """Place no more at all; calls in progress go on. Raises BatchMoved."""
    batch = _move(batch, (Status.DRAFT, Status.RUNNING, Status.PAUSED), Status.CANCELED, "batch.canceled", by=by, at=at)
    BatchRow.objects.filter(batch=batch, status=Row.WAITING).update(status=Row.CANCELED)
    return batch


def work(*, at: datetime) -> None:
    """One round over all running batches: place what there is room for. May run twice at once, or not for a while."""
    running = CallBatch.objects.filter(status=Status.RUNNING).select_related("account", "agent").order_by("pk")
    for batch in running:
        try:
            _work_on(batch, at=at)
        except Exception:  # whatever is wrong with one batch, the others must not wait for it
            logger.exception("a batch of calls could not be gone on with", extra={"batch_id": batch.public_id})
    CallBatch.objects.filter(status=Status.DRAFT, created_at__lt=at - DRAFTS_LAST).delete()


def _work_on(batch: CallBatch, *, at: datetime) -> None:
    for _place in range(MOST_IN_A_ROUND):
        try:
            if not _place_next(batch, at=at):
                return
        except starting.TooManyLiveCalls:
            return
        except (billing.InsufficientCredits, starting.NoSuchAgent, starting.AccountSuspended) as error:
            running = CallBatch.objects.filter(pk=batch.pk, status=Status.RUNNING)
            running.update(status=Status.PAUSED, paused_because=error.message[:200])
            return


def _available(account: Account) -> int:
    return Balance.objects.filter(account=account).values_list("available", flat=True).first() or 0


@transaction.atomic
def _place_next(batch: CallBatch, *, at: datetime) -> bool:
    """Place the next row's call. False where there is none, no room, or the batch does not run.

    The batch's row is locked from the look at its status to the commit: after a pause has returned, nothing is placed. Raises
    what `start_call` does about all rows alike.
    """
    locked = CallBatch.objects.select_for_update(of=("self",)).select_related("account", "agent__current")
    running = locked.filter(pk=batch.pk, status=Status.RUNNING).first()
    if running is None:
        return False
    # Locked, so that whoever erases a caller knows whether the call was placed.
    rows = BatchRow.objects.select_for_update(of=("self",), no_key=True)
    waiting = rows.filter(batch=running, status=Row.WAITING)
    row = waiting.filter(Q(not_before=None) | Q(not_before__lte=at)).order_by("line").first()
    if row is None:
        if not waiting.exists():
            CallBatch.objects.filter(pk=running.pk).update(status=Status.DONE, ended_at=at)
        return False
    # By the account's live calls, which are few, and not by the batch's rows.
    live = Call.objects.for_account(running.account).filter(status__in=Call.LIVE, batch_row__batch=running).count()
    if live >= running.at_once:
        return False

    try:
        with transaction.atomic():
            row.call = starting.start_call(
                account=running.account,
                agent=running.agent,
                api_key=None,
                to_number=row.to_number,
                from_number=running.from_number,
                metadata=row.metadata,
                at=at,
            )
            Call.objects.filter(pk=row.call.pk).update(batch_row=row)
            row.status, row.problem, row.not_before = Row.PLACED, "", None
    except (
        starting.TooManyLiveCalls,
        starting.AccountSuspended,
        starting.NoSuchAgent,
        billing.InsufficientCredits,
    ):
        raise
    except gate.MayNotRing as error:
        row.status = Row.REFUSED if error.opens_at is None else Row.WAITING
        row.problem, row.not_before = error.message[:200], error.opens_at
    except errors.ServiceError as error:
        row.status, row.problem = Row.REFUSED, error.message[:200]
    row.save(update_fields=["status", "call", "problem", "not_before"])
    return True


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
    if found.status not in allowed_from:
        raise BatchMoved(_("This batch is %(status)s.") % {"status": found.get_status_display().lower()})

    found.status, found.paused_because = to, ""
    found.started_at = found.started_at or (at if to == Status.RUNNING else None)
    found.ended_at = at if to == Status.CANCELED else None
    found.save(update_fields=["status", "paused_because", "started_at", "ended_at"])
    audit.record(account=found.account, by=by, action=action, target=found.public_id, details=details, at=at)
    return found
