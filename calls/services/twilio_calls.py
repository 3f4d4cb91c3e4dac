"""Calls at Twilio: what it is told of them, what it says of them, and that none of them outlives ours."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from calls import bus, tasks
from calls.models import Call, CarrierCall, Leg, PhoneLine
from calls.services import control, inbound
from calls.telephony import twilio_words
from calls.telephony.base import EndedBy, EndReason
from calls.telephony.twilio import Ticket
from calls.telephony.twilio_rest import Login, TwilioAway, TwilioRefused, TwilioRest
from vaniagent.lib import rows

logger = logging.getLogger(__name__)

# A stream's token is good for so long, beyond what it may ring.
TOKEN_SECONDS: Final = 30
# Who calls hears ringing for so long at most: shorter than the reaper's patience.
RING_FOR: Final = timedelta(seconds=25)
# A caller who hides is ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN or UNAVAILABLE, as a keypad has the letters.
HIDDEN: Final = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
# A call's end and Twilio's word of it cross.
LOST_AFTER: Final = timedelta(seconds=5)
TRY_AGAIN_AFTER: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(minutes=10)
# Twilio ends every call after four hours.
FORGET_AFTER: Final = timedelta(hours=6)


class UnknownCall(Exception):
    """No call of ours: nobody answers for it."""


@dataclass(frozen=True)
class Opened:
    """A socket that was let in: whose it is, and the gateway that has its leg."""

    key: str
    holder: str


def rest() -> TwilioRest:
    return TwilioRest(api_url=settings.TWILIO_API_URL)


def voice_url(line: PhoneLine) -> str:
    """Where Twilio is to ask when somebody calls a number of the line."""
    return f"{settings.PUBLIC_URL}/callbacks/twilio/lines/{line.public_id}"


# --- From the gateway -------------------------------------------------------------------------------------------------


@transaction.atomic
def open_call(*, call_id: str, line_id: str, holder: str, ring_timeout: float, at: datetime) -> Ticket | None:
    """Write down a connection that is about to be asked for. None where the line or the call is gone."""
    call = Call.objects.filter(public_id=call_id, status__in=Call.LIVE).first()
    line = PhoneLine.objects.existing().filter(public_id=line_id, kind=PhoneLine.Kind.TWILIO).first()
    if call is None or line is None:
        return None
    opened = CarrierCall.objects.create(
        call=call,
        line=line,
        holder=holder,
        account_sid=line.account_sid,
        sealed_secret=line.sealed_secret,
        created_at=at,
    )
    lifetime = timedelta(seconds=ring_timeout + TOKEN_SECONDS)
    return Ticket(opened.public_id, status_url=_url(opened, "status"), twiml=_connect(opened, lifetime, at))


def take_call(*, key: str, holder: str) -> Ticket | None:
    """Give one that came in to the gateway that is to answer it. None where it is over."""
    if not CarrierCall.objects.filter(public_id=key, over_at=None, holder__in=("", holder)).update(holder=holder):
        return None
    taken = CarrierCall.objects.get(public_id=key)
    return Ticket(key, status_url=_url(taken, "status"), sid=taken.sid)


def note_sid(*, key: str, sid: str) -> None:
    CarrierCall.objects.filter(public_id=key, sid="").update(sid=sid)


def note_unwanted(*, key: str, at: datetime) -> None:
    CarrierCall.objects.filter(public_id=key, over_at=None, unwanted_at=None).update(unwanted_at=at)


def note_over(*, key: str, at: datetime) -> None:
    CarrierCall.objects.filter(public_id=key, over_at=None).update(over_at=at, sealed_secret="", stream_digest="")


# --- From Twilio ------------------------------------------------------------------------------------------------------


def find_call(key: str) -> CarrierCall:
    """Raises UnknownCall."""
    calls = CarrierCall.objects.filter(public_id=key).select_related("call", "line")
    found: CarrierCall | None = calls.first()
    if found is None:
        raise UnknownCall(key)
    return found


def tokens_of(carrier_call: CarrierCall) -> list[str]:
    """What Twilio may have signed with: the token of then, and that of now."""
    return [token for token in (carrier_call.secret, carrier_call.line.secret) if token]


def find_line(public_id: str) -> PhoneLine:
    """Raises UnknownCall."""
    lines = PhoneLine.objects.existing().filter(public_id=public_id, kind=PhoneLine.Kind.TWILIO)
    line: PhoneLine | None = lines.first()
    if line is None:
        raise UnknownCall(public_id)
    return line


def find_inbound(*, line: PhoneLine, sid: str) -> CarrierCall:
    """The line's call of this name. Raises UnknownCall."""
    named = CarrierCall.objects.filter(line=line, sid=sid).exclude(sid="").select_related("call")
    found: CarrierCall | None = named.first()
    if found is None:
        raise UnknownCall(sid)
    return found


def answer_caller(*, line: PhoneLine, sid: str, to_number: str, from_number: str, at: datetime) -> str:
    """Somebody calls: TwiML that lets it ring, or turns them away. The same call again is let ring again."""
    known = CarrierCall.objects.filter(line=line, sid=sid).first()
    if known is not None:
        return next_step(carrier_call=known, at=at)
    try:
        admitted = _admit(line=line, sid=sid, to_number=to_number, from_number=from_number, at=at)
        if isinstance(admitted, inbound.CallRefused):
            raise admitted
    except (inbound.UnknownNumber, inbound.BlockedCaller):
        return twilio_words.reject("rejected")
    except inbound.CallRefused:
        return twilio_words.reject("busy")
    return twilio_words.wait(next_url=_url(admitted, "next"))


@transaction.atomic
def _admit(
    *, line: PhoneLine, sid: str, to_number: str, from_number: str, at: datetime
) -> CarrierCall | inbound.CallRefused:
    """A refusal is given, not raised: that it was counted stays."""
    # Two copies of one request: the second waits here for the first.
    rows.first("SELECT pg_advisory_xact_lock(%s)", [_lock_of(line, sid)])
    known: CarrierCall | None = CarrierCall.objects.filter(line=line, sid=sid).first()
    if known is not None:
        return known
    admitted = CarrierCall(
        line=line,
        account_sid=line.account_sid,
        sealed_secret=line.sealed_secret,
        sid=sid,
        is_inbound=True,
        created_at=at,
    )
    try:
        admitted.call = inbound.start_inbound_call(
            line=line,
            to_number=to_number,
            from_number=None if from_number in HIDDEN else from_number or None,
            kind=Leg.Kind.TWILIO,
            metadata={},
            holder="",
            at=at,
            params={"carrier_call": admitted.public_id},
        )
    except inbound.CallRefused as refused:
        return refused
    admitted.save()
    # Any gateway may answer it: its sound comes to none of them.
    tasks.queue_call(admitted.call.pk)
    return admitted


def next_step(*, carrier_call: CarrierCall, at: datetime) -> str:
    """What Twilio is to do with a call now: let it ring on, join it to a socket (again), or end it."""
    leg = Leg.objects.select_related("call").get(call=carrier_call.call_id)
    is_live = leg.call.status in Call.LIVE and carrier_call.over_at is None and carrier_call.unwanted_at is None
    if not is_live or leg.status == Leg.Status.ENDED:
        return twilio_words.reject("busy") if _was_never_answered(carrier_call, leg) else twilio_words.hang_up()
    if not carrier_call.holder:
        if at - carrier_call.created_at < RING_FOR:
            return twilio_words.wait(next_url=_url(carrier_call, "next"))
        inbound.give_up(call_id=leg.call.public_id, reason=EndReason.NO_CAPACITY, by=EndedBy.PLATFORM, at=at)
        note_over(key=carrier_call.public_id, at=at)
        return twilio_words.reject("busy")
    return _connect(carrier_call, timedelta(seconds=TOKEN_SECONDS), at)


def take_stream(*, key: str, token: str, sid: str, at: datetime) -> Opened:
    """Let a socket in, once for each token. Raises UnknownCall."""
    found = find_call(key)
    if found.sid not in ("", sid) or not found.holder or found.over_at is not None:
        raise UnknownCall(key)
    waiting = CarrierCall.objects.filter(
        pk=found.pk, stream_digest=_digest(token), stream_until__gte=at, unwanted_at=None, call__status__in=Call.LIVE
    )
    # Without a join in the UPDATE: one that waited looks at its own row alone.
    if not waiting.exists() or not CarrierCall.objects.filter(pk=found.pk, stream_digest=_digest(token)).update(
        stream_digest="", sid=sid
    ):
        raise UnknownCall(key)
    return Opened(key, found.holder)


def note_state(*, carrier_call: CarrierCall, words: Mapping[str, str], at: datetime) -> None:
    """Twilio says what has become of a call. Said again, or late, it changes nothing.

    Raises UnknownCall where it speaks of another call.
    """
    state, sid = words.get("CallStatus", ""), words.get("CallSid", "")
    if carrier_call.sid not in ("", sid):
        raise UnknownCall(sid)
    if carrier_call.over_at is not None:
        return
    note_sid(key=carrier_call.public_id, sid=sid)
    is_over = state in twilio_words.OVER
    if carrier_call.holder:
        told = [state, sid, words.get("SipResponseCode", ""), words.get("ErrorCode", "")]
        data = ",".join(word.replace(",", "")[:40] for word in told).encode()
        control.publish(carrier_call.holder, bus.FromCarrier(carrier_call.public_id, 0, "", "state", data))
    elif is_over:
        inbound.give_up(call_id=carrier_call.call.public_id, at=at)
    if is_over:
        note_over(key=carrier_call.public_id, at=at)
    elif carrier_call.call.status not in Call.LIVE or carrier_call.unwanted_at is not None:
        tasks.queue_carrier_hang_up(carrier_call.pk)


# --- What we lost -----------------------------------------------------------------------------------------------------


def end_lost(*, at: datetime, most: int) -> None:
    """Have those hung up that outlived their calls, and forget those that cannot live any more."""
    too_old = CarrierCall.objects.filter(over_at=None, created_at__lt=at - FORGET_AFTER)
    too_old.update(over_at=at, sealed_secret="", stream_digest="")
    for pk in _lost(at).order_by("pk").values_list("pk", flat=True)[:most]:
        tasks.queue_carrier_hang_up(pk)


def hang_up_lost(*, pk: int, at: datetime) -> None:
    """Tell Twilio to end one. It asks over the network: no transaction may be open. Safe to repeat."""
    lost = CarrierCall.objects.filter(pk=pk, over_at=None).exclude(sid="").first()
    if lost is None:
        return
    pause = min(TRY_AGAIN_AFTER * 2 ** min(lost.tries, 10), LONGEST_PAUSE)
    if not CarrierCall.objects.filter(pk=pk, over_at=None, tries=lost.tries).update(
        tries=F("tries") + 1, next_try_at=at + pause
    ):
        return
    try:
        rest().hang_up(Login(lost.account_sid, lost.secret), lost.sid)
    except (TwilioAway, TwilioRefused) as error:
        logger.warning("a lost call at Twilio could not be ended: %s", error, extra={"carrier_call": lost.public_id})
        return
    logger.warning("a lost call at Twilio was ended", extra={"carrier_call": lost.public_id})
    note_over(key=lost.public_id, at=at)


def _lost(at: datetime) -> QuerySet[CarrierCall]:
    ended = ~Q(call__status__in=Call.LIVE) & Q(call__completed_at__lt=at - LOST_AFTER)
    is_due = Q(next_try_at=None) | Q(next_try_at__lte=at)
    lost: QuerySet[CarrierCall] = CarrierCall.objects.filter(
        is_due, ended | Q(unwanted_at__lt=at - LOST_AFTER), over_at=None
    )
    return lost.exclude(sid="")


# --- The rest ---------------------------------------------------------------------------------------------------------


def _was_never_answered(carrier_call: CarrierCall, leg: Leg) -> bool:
    return carrier_call.is_inbound and leg.answered_at is None


def _connect(carrier_call: CarrierCall, lifetime: timedelta, at: datetime) -> str:
    token = secrets.token_urlsafe(32)
    CarrierCall.objects.filter(pk=carrier_call.pk).update(stream_digest=_digest(token), stream_until=at + lifetime)
    stream_url = f"{settings.PUBLIC_URL.replace('http', 'ws', 1)}/media/twilio/{carrier_call.public_id}"
    return twilio_words.connect(stream_url=stream_url, token=token, next_url=_url(carrier_call, "next"))


def _url(carrier_call: CarrierCall, what: str) -> str:
    return f"{settings.PUBLIC_URL}/callbacks/twilio/calls/{carrier_call.public_id}/{what}"


def _lock_of(line: PhoneLine, sid: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{line.pk}/{sid}".encode()).digest()[:8], "big", signed=True)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
