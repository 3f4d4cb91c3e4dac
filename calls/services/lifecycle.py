"""From the claim of a call to its end: who drives it, what it holds, and how it is settled.

Whatever locks rows locks the leg before its call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from billing import rates
from billing import services as billing
from calls import events, tasks
from calls.models import Call, Leg, Transfer, Turn
from calls.services import retrying
from calls.telephony.base import EndReason

LEASE: Final = timedelta(seconds=15)
# A minute is held this long before it begins: time enough for a goodbye where it cannot be.
HOLD_AHEAD: Final = timedelta(seconds=15)

CONVERSED: Final = frozenset(
    {
        EndReason.USER_HANGUP,
        EndReason.AGENT_HANGUP,
        EndReason.API_HANGUP,
        EndReason.MAX_DURATION,
        EndReason.SILENCE_TIMEOUT,
        EndReason.TRANSFERRED,
        EndReason.VOICEMAIL_LEFT,
        EndReason.CREDITS_EXHAUSTED,
    }
)
OUR_FAULT: Final = frozenset(
    {
        EndReason.NO_CAPACITY,
        EndReason.SPEECH_ERROR,
        EndReason.MEDIA_LOST,
        EndReason.WORKER_LOST,
        EndReason.INTERNAL_ERROR,
    }
)


class Superseded(Exception):
    """Another worker has the call, or it has ended: stop, and write nothing more."""


@dataclass(frozen=True)
class Claim:
    """A worker's right to drive a call, for as long as nobody claims or fences it anew."""

    call_id: str
    token: int


def named(call_id: int | str) -> Q:
    """The call of this primary key or public id."""
    return Q(pk=call_id) if isinstance(call_id, int) else Q(public_id=call_id)


def is_dialled(*, call_id: str) -> bool:
    """Whether a leg holder has the call's leg, or had it."""
    return not Leg.objects.filter(call__public_id=call_id, status=Leg.Status.PLANNED).exists()


@transaction.atomic
def claim_call(*, call_id: int | str, worker: str, at: datetime) -> Claim | None:
    """Lease a live call to a worker. None where another has it, it was transferred, or it has ended.

    The lease is by the database's clock, which all machines share.
    """
    call = (
        Call.objects.select_for_update(of=("self",))
        .filter(
            named(call_id),
            Q(lease_until=None) | Q(lease_until__lt=Now()),
            status__in=Call.LIVE,
            transferred_at=None,
        )
        .first()
    )
    if call is None:
        return None

    call.token += 1
    call.worker = worker
    Call.objects.filter(pk=call.pk).update(token=call.token, worker=worker, lease_until=Now() + LEASE)
    if is_dialled(call_id=call.public_id):
        events.record(call, "call.resumed", at=at)
    return Claim(call_id=call.public_id, token=call.token)


def renew_leases(*, worker: str, tokens: Mapping[str, int]) -> set[str]:
    """Prolong the leases of a worker's calls, given as call id and token. Answers those it has lost."""
    if not tokens:
        return set()

    held = {
        call.pk: call.public_id
        for call in Call.objects.filter(public_id__in=tokens, worker=worker, status__in=Call.LIVE)
        if call.token == tokens[call.public_id]
    }
    # The worker's name is a condition again: it is empty as soon as somebody fences the call.
    Call.objects.filter(pk__in=held, worker=worker, status__in=Call.LIVE).update(lease_until=Now() + LEASE)
    return set(tokens) - set(held.values())


@transaction.atomic
def fence_call(*, call_id: str, token: int, at: datetime) -> int | None:
    """Take a call from its worker and queue it for another. The new token, or None where `token` was not the call's.

    From then on every write with the old token is void.
    """
    fenced = Call.objects.filter(public_id=call_id, token=token, status__in=Call.LIVE, transferred_at=None).update(
        token=F("token") + 1, worker="", lease_until=None, queued_at=at
    )
    if not fenced:
        return None

    call = Call.objects.only("pk", "token").get(public_id=call_id)
    tasks.queue_call(call.pk, takeover=True)
    return int(call.token)


def release_call(*, call_id: str, token: int, at: datetime) -> bool:
    """Hand a call on in good order. False where this worker no longer had it."""
    return fence_call(call_id=call_id, token=token, at=at) is not None


@transaction.atomic
def mark_answered(*, call_id: str, at: datetime) -> bool:
    """Somebody answered. False where the call had been answered before, or has ended."""
    answered = Call.objects.filter(public_id=call_id, status=Call.Status.INITIATED).update(
        status=Call.Status.IN_PROGRESS, answered_at=at
    )
    if not answered:
        return False

    events.record(_whole(call_id), "call.answered", at=at)
    return True


@transaction.atomic
def complete_undialled(*, call_id: str, reason: str, by: str, at: datetime) -> bool:
    """End a call that nobody has begun to dial. False where somebody has: then the leg is to be hung up."""
    leg = Leg.objects.of_call(call_id).filter(status=Leg.Status.PLANNED)
    if not leg.update(status=Leg.Status.ENDED, ended_at=at, ended_reason=reason, ended_by=by):
        return False

    return complete_call(call_id=call_id, token=None, reason=reason, by=by, at=at)


@transaction.atomic
def complete_call(*, call_id: str, token: int | None, reason: str, by: str, at: datetime) -> bool:
    """End a call, once: its status, its events, its settlement, its next attempt, its analysis. False where it has
    ended before.

    The leg's own end, where it has one, outranks `reason` and `by`; a leg that has none ends with the call.
    Without a token it is the platform that ends it. Raises Superseded.
    """
    leg = Leg.objects.select_for_update(of=("self",)).filter(call__public_id=call_id).first()
    call = _whole(call_id, lock=True)
    if call.status not in Call.OPEN:
        return False
    if token is not None and call.token != token:
        raise Superseded(call_id)

    ended_at = at
    if leg is not None and leg.status == Leg.Status.ENDED:
        ended_at, reason, by = leg.ended_at or at, leg.ended_reason or reason, leg.ended_by or by
    elif leg is not None:
        Leg.objects.filter(pk=leg.pk).update(status=Leg.Status.ENDED, ended_at=at, ended_reason=reason, ended_by=by)
    if call.answered_at is None and reason == EndReason.API_HANGUP:
        reason = EndReason.CANCELED

    # Whoever it was transferred to goes with it.
    transfers = Transfer.objects.filter(call=call).exclude(status=Transfer.Status.ENDED)
    transfers.update(status=Transfer.Status.ENDED, ended_at=ended_at, ended_reason=reason)
    _finish_turns(call, at=at)
    has_conversed = call.answered_at is not None and reason in CONVERSED
    call.status = Call.Status.COMPLETED if has_conversed else Call.Status.FAILED
    call.ended_reason, call.ended_by, call.completed_at = reason, by, ended_at
    call.duration = _whole_seconds(call.answered_at, ended_at)
    # Before the settlement: a new call locks its account, and whoever places one locks that before the balance.
    retrying.try_again(call, reason=reason, at=at)
    call.cost = _settle(call, at=at)
    call.worker, call.lease_until = "", None
    call.save(
        update_fields=[
            *("status", "ended_reason", "ended_by", "completed_at", "duration", "cost"),
            *("worker", "lease_until"),
        ]
    )
    events.record(call, f"call.{call.status}", at=at)
    tasks.queue_analysis(call.pk)
    return True


def extend_holds(*, worker: str, at: datetime) -> set[str]:
    """Hold the next minute of each call of this worker that will soon need it. Answers those whose credits are gone."""
    exhausted = set()
    talking = Call.objects.filter(worker=worker, status=Call.Status.IN_PROGRESS, rate_per_minute__gt=0)
    for call in talking.select_related("account", "agent_version"):
        if not extend_hold(call, at=at):
            exhausted.add(call.public_id)
    return exhausted


def extend_hold(call: Call, *, at: datetime) -> bool:
    """Hold the next minute, if it is time. False where the credits are gone."""
    if call.answered_at is None:
        return True

    longest = timedelta(seconds=call.agent_version.max_duration)
    needed_until = at - call.answered_at + HOLD_AHEAD
    if call.transferred_at is None:
        needed_until = min(needed_until, longest)
    last = -(-needed_until // timedelta(minutes=1))
    # The one before too, should it have been missed while the call changed workers; no change takes longer.
    for minute in range(max(2, last - 1), last + 1):
        try:
            billing.extend_hold(
                account=call.account,
                reference=call.public_id,
                minute=minute,
                rate_per_minute=call.rate_per_minute,
                at=at,
            )
        except billing.InsufficientCredits:
            return False
        except billing.AlreadySettled:
            return True
    return True


def _settle(call: Call, *, at: datetime) -> int:
    """Charge what was talked; nothing where nobody answered or the fault was ours."""
    due = 0
    if call.answered_at is not None and call.ended_reason not in OUR_FAULT:
        due = rates.cost(rate_per_minute=call.rate_per_minute, seconds=call.duration or 0)
    return billing.settle_call(account=call.account, reference=call.public_id, micro_credits=due, at=at)


def _finish_turns(call: Call, *, at: datetime) -> None:
    """What the agent was saying when the call ended counts as said: nobody is left to tell how much of it was heard."""
    for turn in Turn.objects.filter(call=call, is_final=False).order_by("number"):
        Turn.objects.filter(pk=turn.pk).update(is_final=True, was_interrupted=True)
        data = {"speaker": turn.speaker, "text": turn.text, "is_final": True}
        events.record(call, "transcript.update", at=at, data=data)


def _whole(call_id: str, *, lock: bool = False) -> Call:
    calls = Call.objects.select_related("account", "agent")
    if lock:
        calls = calls.select_for_update(of=("self",))
    call: Call = calls.get(public_id=call_id)
    return call


def _whole_seconds(start: datetime | None, end: datetime) -> int:
    return max(0, int((end - start).total_seconds())) if start else 0
