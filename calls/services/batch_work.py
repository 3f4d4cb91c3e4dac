"""The work on batches: their calls are placed as there is room, each row once at a time, whatever dies."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from agents import hours
from billing import services as billing
from calls import retry_rules
from calls.models import BatchRow, Call, CallBatch
from calls.services import gate, starting
from calls.services.lines import SANDBOX_PREFIX
from vaniagent.lib import errors

logger = logging.getLogger(__name__)

# Of one batch in one round: others have their turn.
MOST_IN_A_ROUND: Final = 50
DRAFTS_LAST: Final = timedelta(days=1)
MINUTE: Final = timedelta(seconds=60)

Status = CallBatch.Status
Row = BatchRow.Status


def work(*, at: datetime) -> None:
    """One round over all running batches: place what there is room for. May run twice at once, or not for a while."""
    CallBatch.objects.filter(status=Status.SCHEDULED, scheduled_at__lte=at).update(status=Status.RUNNING, started_at=at)
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


@transaction.atomic
def _place_next(batch: CallBatch, *, at: datetime) -> bool:
    """Place the next row's call. False where there is none, no room, or the batch does not run.

    The batch's row is locked from the look at its status to the commit: after a pause has returned, nothing is placed. Raises
    what `start_call` does about all rows alike.
    """
    locked = CallBatch.objects.select_for_update(of=("self",)).select_related("account", "agent__current", "api_key")
    running = locked.filter(pk=batch.pk, status=Status.RUNNING).first()
    if running is None or _is_shut(running, at=at):
        return False
    # By the account's live calls, which are few, and not by the batch's rows.
    live = Call.objects.for_account(running.account).filter(status__in=Call.LIVE, batch_row__batch=running).count()
    # Locked, so that whoever erases a caller knows whether the call was placed.
    rows = BatchRow.objects.select_for_update(of=("self",), no_key=True).select_related("call")
    waiting = rows.filter(batch=running, status=Row.WAITING)
    row = waiting.filter(Q(not_before=None) | Q(not_before__lte=at)).order_by("line").first()
    if row is None:
        # A call that goes on may have its row wait again.
        if not live and not waiting.exists():
            CallBatch.objects.filter(pk=running.pk).update(status=Status.DONE, ended_at=at)
        return False
    if live >= running.at_once or not _is_in_pace(running, at=at):
        return False

    try:
        _check_hours(running, row, at=at)
        with transaction.atomic():
            row.call = starting.start_call(
                account=running.account,
                agent=running.agent,
                api_key=running.api_key,
                to_number=row.to_number,
                from_number=running.from_number,
                metadata=row.metadata,
                retry=None if running.retry is None else retry_rules.read(running.retry),
                batch_row=row,
                at=at,
            )
            row.status, row.problem, row.not_before = Row.PLACED, "", None
            row.attempts, row.placed_at = row.attempts + 1, at
    except (
        starting.TooManyLiveCalls,
        starting.AccountSuspended,
        starting.NoSuchAgent,
        billing.InsufficientCredits,
    ):
        raise
    except gate.MayNotRing as error:
        gate.keep(error.check)
        row.status = Row.REFUSED if error.opens_at is None else Row.WAITING
        row.problem, row.not_before = error.message[:200], error.opens_at
    except errors.ServiceError as error:
        row.status, row.problem = Row.REFUSED, error.message[:200]
    row.save(update_fields=["status", "call", "problem", "not_before", "attempts", "placed_at"])
    return True


def _is_shut(batch: CallBatch, *, at: datetime) -> bool:
    """Whether it is outside the batch's hours for everybody: by a clock that does not depend on the number."""
    if batch.hours is None:
        return False
    wanted = hours.read(batch.hours)
    return wanted.timezone != hours.CALLEE and not wanted.is_open(at, [ZoneInfo(wanted.timezone)])


def _check_hours(batch: CallBatch, row: BatchRow, *, at: datetime) -> None:
    """By the clock of whoever is called. Raises gate.OutsideCallingHours."""
    wanted = None if batch.hours is None else hours.read(batch.hours)
    if wanted is None or wanted.timezone != hours.CALLEE or row.to_number.startswith(SANDBOX_PREFIX):
        return
    zones = gate.zones_of(row.to_number)
    opens_at = wanted.opens_at(at, zones) if zones else None
    if opens_at is None:
        raise gate.OutsideCallingHours(_("Nobody can tell when it is within the batch's hours at this number."))
    if opens_at > at:
        raise gate.OutsideCallingHours(
            _("Outside the batch's hours: they begin again at %(time)s.")
            % {"time": f"{opens_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"},
            opens_at=opens_at,
        )


def _is_in_pace(batch: CallBatch, *, at: datetime) -> bool:
    """Whether one more may be placed within this minute."""
    if batch.per_minute is None:
        return True
    return BatchRow.objects.filter(batch=batch, placed_at__gt=at - MINUTE).count() < batch.per_minute
