"""Calls that come in over a phone line: who answers, and why somebody is turned away."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction

from accounts.models import Account
from agents.models import Agent
from billing import services as billing
from calls import events, numbering, tasks
from calls.models import Call, Leg, LineNumber, PhoneLine
from calls.services import lifecycle, shield, starting
from calls.services.lines import Route
from calls.telephony.base import EndedBy, EndReason
from vaniagent.lib import rows

logger = logging.getLogger(__name__)


class CallRefused(Exception):
    """Nobody of ours takes the call: nothing is stored, and it costs nothing. `word` is for logs and figures."""

    word: ClassVar[str]


class UnknownNumber(CallRefused):
    """The line has no such number, or is gone."""

    word = "unknown_number"


class NoAgent(CallRefused):
    """Nobody answers this line's calls."""

    word = "no_agent"


class Suspended(CallRefused):
    """The account may have no calls."""

    word = "suspended"


class NoCapacity(CallRefused):
    """The account or the line has as many live calls as it may have."""

    word = "no_capacity"


class NoCredits(CallRefused):
    """The account cannot pay a first minute."""

    word = "no_credits"


class BlockedCaller(CallRefused):
    """Whoever calls is not to be let in."""

    word = "blocked_caller"


class CalledEnough(CallRefused):
    """This caller has called as often, or for as much, as the line allows."""

    word = "called_enough"


def start_inbound_call(
    *,
    line: PhoneLine,
    to_number: str,
    from_number: str | None,
    kind: str,
    metadata: Mapping[str, Any],
    holder: str,
    at: datetime,
    params: Mapping[str, Any] | None = None,
) -> Call:
    """Let somebody in who calls a number of the line: the call's rows, its hold, its place among the live ones.

    Both numbers are as the carrier writes them; `from_number` is None where the caller hides it. `holder` is the process
    that has the connection, and `params` what its leg is to know. The person hears ringing until a worker has the leg
    dialled there. Where the holder is not known yet it is empty: whoever gives the leg its holder queues the call.
    Raises a CallRefused.
    """
    try:
        return _start(line, to_number, from_number, kind, metadata, holder, at, params or {})
    except CallRefused as refused:
        logger.info("a call that came in was refused", extra={"line": line.public_id, "reason": refused.word})
        shield.count_refusal(line=line, word=refused.word, at=at)
        raise


@transaction.atomic
def _start(
    line: PhoneLine,
    to_number: str,
    from_number: str | None,
    kind: str,
    metadata: Mapping[str, Any],
    holder: str,
    at: datetime,
    params: Mapping[str, Any],
) -> Call:
    found = PhoneLine.objects.existing().select_related("account", "inbound_agent__current").filter(pk=line.pk).first()
    if found is None:
        raise UnknownNumber
    called = numbering.find(to_number, _numbers_of(found))
    if called is None:
        raise UnknownNumber
    agent = found.inbound_agent
    if agent is None or agent.status != Agent.Status.ACTIVE or agent.current is None:
        raise NoAgent
    caller = numbering.of_caller(from_number, called=called)
    if shield.is_blocked(line=found, from_number=caller):
        raise BlockedCaller
    # Looked at before the caller's own call is among them, and under the lock that the count needs.
    Account.objects.select_for_update(no_key=True).get(pk=found.account_id)
    if shield.has_called_enough(line=found, from_number=caller, at=at):
        raise CalledEnough

    try:
        call = starting.open_call(
            account=found.account,
            version=agent.current,
            is_test=False,
            at=at,
            route=Route(found.pk, found.kind, None, found.max_live_calls),
            agent=agent,
            direction=Call.Direction.INBOUND,
            to_number=called,
            from_number=caller,
            metadata=dict(metadata),
        )
    except starting.AccountSuspended:
        raise Suspended from None
    except starting.TooManyLiveCalls:
        raise NoCapacity from None
    except billing.InsufficientCredits:
        raise NoCredits from None
    left = shield.seconds_left(line=found, from_number=caller, rate_per_minute=call.rate_per_minute, at=at)
    if left == 0:
        raise CalledEnough
    longest = {} if left is None else {"max_duration": left}
    rows.insert(Leg(call=call, kind=kind, holder=holder, params={**params, **longest}))
    events.record(call, "call.started", at=at)
    if holder:
        tasks.queue_call(call.pk)
    return call


def give_up(*, call_id: str, reason: str = EndReason.CANCELED, by: str = EndedBy.USER, at: datetime) -> bool:
    """The caller hung up while it rang, or rang for too long. False where the leg was dialled: it ends like any other."""
    return lifecycle.complete_undialled(call_id=call_id, reason=reason, by=by, at=at)


def _numbers_of(line: PhoneLine) -> list[str]:
    return list(LineNumber.objects.filter(line=line).order_by("position").values_list("number", flat=True))
