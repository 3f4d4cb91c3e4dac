"""What becomes of a leg. Written by the process that holds it, whoever drives the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet

from agents import compliance, voices
from calls.models import Call, Leg, LegHolder, Recording
from calls.services import do_not_call, lifecycle, lines
from calls.telephony.base import EndedBy, EndReason, LegKind, LegSpec

# A holder that lives says so every second.
HOLDER_IS_SEEN_WITHIN: Final = timedelta(seconds=3)


@dataclass(frozen=True)
class Plan:
    """A leg that is to be dialled. `speaker` is the agent's voice as the speech provider names it."""

    spec: LegSpec
    speaker: str
    is_off_record: bool


@transaction.atomic
def begin_dial(*, call_id: str, holder: str, at: datetime) -> Plan | None:
    """Take a planned leg, so that nobody else dials it. None where another holder has it, or the call has ended.

    A browser's leg is its socket holder's from the start.

    A holder that asks again for a leg it took is given it again: it did not get the first answer.
    """
    legs = Leg.objects.of_call(call_id, status__in=Call.LIVE)
    if _is_unwanted(legs):
        # Somebody said so after the call was placed.
        lifecycle.complete_undialled(call_id=call_id, reason=EndReason.DO_NOT_CALL, by=EndedBy.PLATFORM, at=at)
        return None
    taken = (
        legs.filter(status=Leg.Status.PLANNED, holder__in=("", holder)).update(
            status=Leg.Status.DIALING, holder=holder, dialed_at=at
        )
        or legs.filter(status=Leg.Status.DIALING, holder=holder).exists()
    )
    if not taken:
        return None

    leg = legs.select_related("call__agent_version", "call__phone_line").get()
    call = leg.call
    line = call.phone_line
    is_inbound = call.direction == Call.Direction.INBOUND
    spec = LegSpec(
        call_id=call_id,
        kind=LegKind(leg.kind),
        to_number=call.to_number,
        from_number=call.from_number or "",
        ring_timeout=leg.ring_timeout,
        language=call.agent_version.language,
        is_inbound=is_inbound,
        params=leg.params | (lines.dial_params(line) if line is not None else {}),
        dial_after=0.0 if line is None or is_inbound else lines.take_turn(line=line, at=at),
        metadata=call.metadata,
    )
    is_off_record = compliance.read(call.agent_version.compliance).waits_for_consent
    if is_off_record:
        legs.update(is_off_record=True)
    return Plan(spec, speaker=voices.speaker_of(call.agent_version.voice), is_off_record=is_off_record)


def mark_ringing(*, call_id: str, holder: str) -> bool:
    """The phone rings. False where it has done more than that."""
    dialing = _held(call_id, holder).filter(status=Leg.Status.DIALING)
    return dialing.update(status=Leg.Status.RINGING) == 1


@transaction.atomic
def mark_leg_answered(*, call_id: str, holder: str, at: datetime, recording: str, rate: int) -> bool:
    """Somebody answered, and is recorded from now on. False where that was known, or the leg has ended."""
    unanswered = _held(call_id, holder).filter(status__in=(Leg.Status.DIALING, Leg.Status.RINGING))
    if not unanswered.update(status=Leg.Status.ANSWERED, answered_at=at):
        return False

    call = Call.objects.only("pk").get(public_id=call_id)
    Recording.objects.get_or_create(call=call, defaults={"path": recording, "sample_rate": rate})
    lifecycle.mark_answered(call_id=call_id, at=at)
    return True


@transaction.atomic
def mark_leg_ended(
    *,
    call_id: str,
    holder: str,
    reason: str,
    by: str,
    detail: str,
    at: datetime,
    duration_ms: int | None,
    size_bytes: int | None,
) -> bool:
    """The leg is over: why, by whom, and what was recorded of it. False where it had ended before."""
    ended = (
        _held(call_id, holder)
        .exclude(status=Leg.Status.ENDED)
        .update(
            status=Leg.Status.ENDED,
            ended_at=at,
            ended_reason=reason,
            ended_by=by,
            ended_detail=detail[:200],
        )
    )
    capturing = Recording.objects.filter(call__public_id=call_id, status=Recording.Status.CAPTURING)
    if duration_ms is not None:
        capturing.update(duration_ms=duration_ms, size_bytes=size_bytes)
    return ended == 1


def finish_call(*, call_id: str, at: datetime) -> bool:
    """Complete the call of a leg that has ended. False where its worker has, or where the leg goes on."""
    if not Leg.objects.filter(call__public_id=call_id, status=Leg.Status.ENDED).exists():
        return False

    # The leg's own end outranks these words.
    return lifecycle.complete_call(call_id=call_id, token=None, reason=EndReason.MEDIA_LOST, by=EndedBy.PLATFORM, at=at)


def note_holder(
    *, name: str, kind: str, live: Sequence[str], relayed: int = 0, most: int, is_draining: bool, at: datetime
) -> dict[str, tuple[str, str]]:
    """A process that holds legs lives, with the legs of these calls and so many lines for calls held elsewhere.

    Answers which of its legs have been ended without it, why and by whom: somebody took it for gone, or it was not reached
    with the order to hang up.
    """
    LegHolder.objects.update_or_create(
        name=name,
        defaults={
            "kind": kind,
            "seen_at": at,
            "live_legs": len(live) + relayed,
            "max_legs": most,
            "is_draining": is_draining,
        },
    )
    ended = Leg.objects.filter(call__public_id__in=live, holder=name, status=Leg.Status.ENDED)
    return {
        call: (reason or EndReason.MEDIA_LOST, by or EndedBy.PLATFORM)
        for call, reason, by in ended.values_list("call__public_id", "ended_reason", "ended_by")
    }


def free_gateway(*, at: datetime) -> str | None:
    """The gateway with the fewest legs among those that live and have room. A web process holds only its own sockets."""
    gateways = LegHolder.objects.filter(
        kind="gateway", seen_at__gte=at - HOLDER_IS_SEEN_WITHIN, is_draining=False, live_legs__lt=F("max_legs")
    )
    return gateways.order_by("live_legs", "pk").values_list("name", flat=True).first()


def forget_holder(*, name: str) -> None:
    """A process that held legs has ended in good order."""
    LegHolder.objects.filter(name=name).delete()


def _is_unwanted(legs: QuerySet[Leg]) -> bool:
    """Whether a call that is about to be dialled goes to a number of the do-not-call list."""
    wanted = legs.filter(status=Leg.Status.PLANNED, call__direction=Call.Direction.OUTBOUND)
    found = wanted.values_list("call__account_id", "call__to_number").first()
    return found is not None and do_not_call.is_listed(account_pk=found[0], number=found[1])


def _held(call_id: str, holder: str) -> QuerySet[Leg]:
    legs: QuerySet[Leg] = Leg.objects.of_call(call_id).filter(holder=holder)
    return legs
