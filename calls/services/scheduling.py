"""Scheduled calls whose time has come: begun where they may ring and there is room, each once.

They are found by looking, so that nothing is lost with a message, and a call may be moved or canceled until it begins.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from accounts.models import ApiKey
from billing import rates
from billing import services as billing
from calls import events, tasks
from calls.models import Call, Leg
from calls.services import gate, lifecycle, lines, retrying, starting
from calls.telephony.base import EndedBy, EndReason
from vaniagent.lib import rows

logger = logging.getLogger(__name__)

# How long after its time a call may still begin.
LONGEST_WAIT: Final = timedelta(hours=1)
# In one round: the next one is a second away.
MOST: Final = 200


@dataclass
class _Round:
    """Whom to leave alone until the next round."""

    accounts: set[int] = field(default_factory=set)
    lines: set[tuple[int, int | None]] = field(default_factory=set)
    calls: set[int] = field(default_factory=set)

    def others(self) -> Q:
        """The legs of all other calls."""
        left = Q(call__account__in=self.accounts) | Q(call__in=self.calls)
        for account_pk, line_pk in self.lines:
            left |= Q(call__account=account_pk, call__phone_line=line_pk)
        return ~left


def database_time() -> datetime:
    """Now, by the clock that all machines share."""
    (now,) = rows.first("SELECT clock_timestamp()", []) or (None,)
    if not isinstance(now, datetime):
        raise TypeError("PostgreSQL tells the time")
    return now


def begin_due(*, at: datetime) -> None:
    """One round: begin what is due, give up what waited too long. Two may run at once: each call is one's alone.

    A call that finds no room or no credits is looked at again in the next round, and with it all of its account's, or line's.
    """
    looked = _Round()
    for _call in range(MOST):
        if not _deal_with_next(looked, at=at):
            return


def _deal_with_next(looked: _Round, *, at: datetime) -> bool:
    """False where there is none left."""
    call: Call | None = None
    try:
        with transaction.atomic():
            call = _next(looked, at=at)
            if call is None:
                return False
            if call.due_at is not None and call.due_at < at - LONGEST_WAIT:
                _give_up(call, at=at)
            else:
                _begin(call, looked, at=at)
    except Exception:  # whatever is wrong with one call, the others must not wait for it
        if call is None:
            raise
        logger.exception("a scheduled call could not begin", extra={"call_id": call.public_id})
        looked.calls.add(call.pk)
        _note(call, EndReason.INTERNAL_ERROR)
    return True


def _next(looked: _Round, *, at: datetime) -> Call | None:
    """The call that is due longest, locked with its leg; those that another process has in hand are passed over."""
    # Joined, and by one column: so it is the first of the index call_due, however many are due.
    legs = Leg.objects.select_for_update(of=("self", "call"), skip_locked=True)
    legs = legs.select_related("call__account", "call__agent__current", "call__api_key")
    due = legs.filter(looked.others(), call__status=Call.Status.SCHEDULED, call__due_at__lte=at)
    leg = due.order_by("call__due_at").first()
    return None if leg is None else leg.call


def _begin(call: Call, looked: _Round, *, at: datetime) -> None:
    """Make it live, in the transaction that holds its lock."""
    try:
        with transaction.atomic():
            _make_live(call, at=at)
    except starting.TooManyLiveCalls:
        looked.lines.add((call.account_id, call.phone_line_id))
        _note(call, EndReason.NO_CAPACITY)
    except billing.InsufficientCredits:
        looked.accounts.add(call.account_id)
        _note(call, EndReason.CREDITS_EXHAUSTED)
    except gate.MayNotRing as refusal:
        gate.keep(refusal.check, call=call)
        if refusal.opens_at is None:
            _end(call, refusal.reason, at=at)
        else:
            _move(call, to=refusal.opens_at, at=at)
    except lines.NotOfThisLine:
        _end(call, EndReason.CARRIER_ERROR, at=at)
    except (starting.NoSuchAgent, starting.AccountSuspended):
        _end(call, EndReason.CANCELED, at=at)


def _make_live(call: Call, *, at: datetime) -> None:
    """With what is in force now: its agent's version, its line, its price."""
    account, version = call.account, starting.version_of(call.agent)
    check = gate.check_ring(
        account=account,
        version=version,
        to_number=call.to_number,
        time_zone=call.time_zone,
        call_pk=call.pk,
        at=at,
    )
    gate.keep(check, call=call)
    is_test = call.api_key is not None and call.api_key.mode == ApiKey.Mode.TEST
    route = lines.choose_line(account=account, is_test=is_test, to_number=call.to_number, from_number=call.from_number)
    starting.take_room(account, route)

    call.status, call.due_at, call.queued_at, call.waits_for = Call.Status.INITIATED, at, at, ""
    call.agent_version, call.phone_line_id, call.from_number = version, route.line_pk, route.from_number
    call.rate_per_minute = rates.rate_per_minute(account, is_test=is_test)
    call.save(
        update_fields=[
            *("status", "due_at", "queued_at", "waits_for"),
            *("agent_version", "phone_line", "from_number", "rate_per_minute"),
        ]
    )
    Leg.objects.filter(call=call).update(kind=route.kind)
    billing.hold_first_minute(account=account, reference=call.public_id, rate_per_minute=call.rate_per_minute, at=at)
    events.record(call, "call.started", at=at)
    tasks.queue_call(call.pk)


def _move(call: Call, *, to: datetime, at: datetime) -> None:
    call.scheduled_at = call.due_at = to
    Call.objects.filter(pk=call.pk).update(scheduled_at=to, due_at=to, waits_for="")
    retrying.record_scheduled(call, at=at)


def _note(call: Call, reason: EndReason) -> None:
    """Keep what it waits for, so that it ends by that if nothing changes."""
    if call.waits_for != reason:
        Call.objects.filter(pk=call.pk, status=Call.Status.SCHEDULED).update(waits_for=reason)


def _give_up(call: Call, *, at: datetime) -> None:
    _end(call, call.waits_for or EndReason.NO_CAPACITY, at=at)


def _end(call: Call, reason: str, *, at: datetime) -> None:
    lifecycle.complete_undialled(call_id=call.public_id, reason=reason, by=EndedBy.PLATFORM, at=at)
