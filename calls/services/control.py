"""What a customer may ask of a running call. What must not be lost is stored; the bus only makes it quick."""

from __future__ import annotations

import functools
import logging
import re
from datetime import datetime
from typing import Final

import redis
from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce, NullIf

from accounts import audit
from calls import bus, events
from calls.models import BatchRow, Call, Leg
from calls.services import lifecycle
from calls.telephony.base import EndReason
from vaniagent.lib import errors

logger = logging.getLogger(__name__)

LONGEST_TEXT: Final = 2_000
DIGITS: Final = re.compile(r"[0-9A-D*#]{1,32}")


class CallNotLive(errors.InvalidRequest):
    """The call has ended, or nobody has answered it yet."""


class BadText(errors.InvalidRequest):
    """There is nothing to say, or too much."""


class BadDigits(errors.InvalidRequest):
    """Not DTMF."""


@transaction.atomic
def hang_up_call(*, call: Call, by: str, at: datetime, actor: audit.Actor | None = None) -> bool:
    """End a call. False where it has ended before.

    Here and below, `actor` is a person, who goes into the audit log and, as its origin, into the call's.

    One that is scheduled, or not dialled yet, ends at once, as canceled. Otherwise the leg's holder ends it; the wish is
    kept, and the reaper repeats it until the leg has ended. It is not tried again; where the call has ended and another
    attempt at it waits or goes on, that is hung up.
    """
    if lifecycle.complete_undialled(call_id=call.public_id, reason=EndReason.CANCELED, by=by, at=at):
        _log(call, "call.hung_up", actor=actor, at=at)
        return True

    live = Call.objects.filter(pk=call.pk, status__in=Call.LIVE)
    # By the UPDATE that waits for whoever is ending it now: afterwards its next attempt is there to be seen.
    wished = Coalesce("hangup_requested_at", Value(at, output_field=DateTimeField()))
    if not live.update(hangup_requested_at=wished, hangup_by=Coalesce(NullIf("hangup_by", Value("")), Value(by))):
        return _hang_up_next(call=call, by=by, at=at, actor=actor)
    _log(call, "call.hung_up", actor=actor, at=at)
    publish_hang_up(call=call, reason=EndReason.API_HANGUP, by=by)
    return True


def _hang_up_next(*, call: Call, by: str, at: datetime, actor: audit.Actor | None) -> bool:
    """Try no more what has ended. False where nothing was to follow."""
    waiting = BatchRow.objects.filter(calls=call, status=BatchRow.Status.WAITING)
    if waiting.update(status=BatchRow.Status.CANCELED):
        _log(call, "call.hung_up", actor=actor, at=at)
        return True
    attempts = Call.objects.filter(retry_of=call.retry_of_id or call.pk, attempt__gt=call.attempt)
    following = attempts.filter(status__in=Call.OPEN).select_related("account", "agent").first()
    return following is not None and hang_up_call(call=following, by=by, at=at, actor=actor)


def publish_hang_up(*, call: Call, reason: str, by: str) -> None:
    """Tell the leg's holder to end it now, after commit."""
    _publish_on_commit(_holder(call), bus.HangUp(call.public_id, 0, reason=reason, by=by, after_speech=False))


@transaction.atomic
def say(*, call: Call, text: str, at: datetime, actor: audit.Actor | None = None) -> None:
    """Have the agent say this now. Raises CallNotLive and BadText."""
    _check_text(text)
    if not any(character.isalnum() for character in text):
        # No voice makes a sound of it, which would count as a voice that failed.
        raise BadText("'text' holds no word to say.", param="text")
    call = conversing(call)
    events.record(call, "call.say", at=at, data={"text": text}, origin=_origin(actor))
    _log(call, "call.said", actor=actor, at=at)
    _publish_on_commit(call.worker, bus.Say(call.public_id, 0, text=text))


@transaction.atomic
def note(*, call: Call, text: str, at: datetime, actor: audit.Actor | None = None) -> None:
    """Have the agent heed this from its next turn on. Raises CallNotLive and BadText."""
    _check_text(text)
    call = conversing(call, or_ringing=True)
    events.record(call, "call.note", at=at, data={"text": text}, origin=_origin(actor))
    _log(call, "call.noted", actor=actor, at=at)
    _publish_on_commit(call.worker, bus.Note(call.public_id, 0, text=text))


def hush(*, call: Call) -> None:
    """Have the agent stop speaking, and listen. Nothing happens where nobody drives the call now."""
    worker = Call.objects.filter(pk=call.pk, status__in=Call.LIVE).values_list("worker", flat=True).first()
    if worker:
        publish(worker, bus.Hush(call.public_id, 0))


@transaction.atomic
def send_digits(*, call: Call, digits: str, at: datetime, actor: audit.Actor | None = None) -> None:
    """Play DTMF digits to the person. Raises CallNotLive and BadDigits."""
    if not DIGITS.fullmatch(digits):
        raise BadDigits("'digits' must be 1 to 32 of 0-9, A-D, * and #.", param="digits")
    call = conversing(call)
    events.record(call, "call.digits_sent", at=at, data={"digits": digits}, origin=_origin(actor))
    _log(call, "call.digits_sent", actor=actor, at=at)
    _publish_on_commit(_holder(call), bus.SendDigits(call.public_id, 0, digits=digits))


def publish(to: str, item: bus.Item) -> int:
    """Send one item at once. How many processes heard it: none where there is no such process, or no bus."""
    message = bus.encode("platform", [item])
    try:
        return int(_client().publish(bus.channel(settings.BUS_PREFIX, to), message))
    except redis.RedisError:
        logger.warning("the bus is away", extra={"call_id": item.call})
        return 0


def _publish_on_commit(to: str, item: bus.Item) -> None:
    if to:
        transaction.on_commit(lambda: publish(to, item))


def _origin(actor: audit.Actor | None) -> str:
    return actor.name if actor is not None else ""


def _log(call: Call, action: str, *, actor: audit.Actor | None, at: datetime) -> None:
    if actor is not None:
        audit.record(account=call.account, by=actor, action=action, target=call.public_id, at=at)


def conversing(call: Call, *, or_ringing: bool = False) -> Call:
    """The call as it is now, locked, if there is a conversation to speak into: nothing is said after its end."""
    states = Call.LIVE if or_ringing else (Call.Status.IN_PROGRESS,)
    calls = Call.objects.select_related("account", "agent").select_for_update(of=("self",))
    fresh: Call | None = calls.filter(pk=call.pk, status__in=states).first()
    if fresh is None:
        raise CallNotLive("The call is not in progress.", param="call_id")
    if fresh.transferred_at is not None:
        raise CallNotLive("The call was transferred: the agent is not in it any more.", param="call_id")
    return fresh


def _holder(call: Call) -> str:
    return Leg.objects.filter(call=call).values_list("holder", flat=True).first() or ""


def _check_text(text: str) -> None:
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise BadText(f"'text' must be 1 to {LONGEST_TEXT} characters.", param="text")


@functools.cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
