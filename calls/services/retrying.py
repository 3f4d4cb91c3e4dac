"""Another attempt at a call that came to nothing, settled in the transaction that ends the call: once, whatever dies."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from calls import events, retry_rules
from calls.models import BatchRow, Call, CallBatch, Leg
from vaniagent.lib import rows

# What the next attempt has from the one before; a field that a call is placed with belongs here.
_CARRIED: Final = (
    *("account_id", "agent_id", "agent_version_id", "phone_line_id", "api_key_id"),
    *("direction", "to_number", "from_number", "metadata", "time_zone", "rate_per_minute", "retry"),
)
# What its leg has from the one before.
_SAID: Final = ("lines",)
# A batch in any other state places nothing more.
_GOES_ON: Final = (CallBatch.Status.SCHEDULED, CallBatch.Status.RUNNING, CallBatch.Status.PAUSED)


def try_again(call: Call, *, reason: str, at: datetime) -> None:
    """Plan the next attempt, if the call's rule has one after such an end. The call is locked, and ends now.

    A batch's row waits for its turn once more; any other call is followed by a scheduled one.
    """
    if call.retry is None or call.hangup_requested_at is not None:
        return
    gap = retry_rules.read(call.retry).gap_after(attempt=call.attempt, reason=reason)
    if gap is None:
        return
    if call.batch_row_id is not None:
        _wait_again(call.batch_row_id, at + gap)
    else:
        _schedule_next(call, due_at=at + gap, at=at)


def _schedule_next(call: Call, *, due_at: datetime, at: datetime) -> None:
    following = Call(
        status=Call.Status.SCHEDULED,
        retry_of_id=call.retry_of_id or call.pk,
        attempt=call.attempt + 1,
        scheduled_at=due_at,
        due_at=due_at,
        created_at=at,
        **{name: getattr(call, name) for name in _CARRIED},
    )
    following.account, following.agent = call.account, call.agent
    rows.insert(following)
    before = Leg.objects.filter(call=call).order_by("pk").first()
    if before is None:
        raise ValueError("a call has a leg")
    params = {name: value for name, value in before.params.items() if name in _SAID}
    rows.insert(Leg(call=following, kind=before.kind, ring_timeout=before.ring_timeout, params=params))
    record_scheduled(following, at=at)


def record_scheduled(call: Call, *, at: datetime, origin: str = "") -> None:
    """Tell those who follow the call, or its account, that it will begin later."""
    due = events.to_timestamp(call.due_at) if call.due_at else ""
    first = (
        None if call.retry_of_id is None else Call.objects.values_list("public_id", flat=True).get(pk=call.retry_of_id)
    )
    data: dict[str, object] = {"scheduled_at": due, "attempt": call.attempt}
    if first is not None:
        data["retry_of"] = first
    events.record(call, "call.scheduled", at=at, data=data, origin=origin)


def _wait_again(row_pk: int, due_at: datetime) -> None:
    # Whoever cancels the batch meanwhile waits for this end and finds the row, or is waited for.
    locked = CallBatch.objects.select_for_update(of=("self",), no_key=True)
    batch = locked.filter(rows=row_pk).first()
    if batch is None or batch.status not in _GOES_ON:
        return
    BatchRow.objects.filter(pk=row_pk, status=BatchRow.Status.PLACED).update(
        status=BatchRow.Status.WAITING, not_before=due_at
    )
