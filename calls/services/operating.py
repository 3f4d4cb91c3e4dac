"""Members of an account who listen in on a call, and who take it over: who may, and what is written down of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core import signing
from django.core.cache import cache
from django.db import transaction

from accounts import audit
from accounts.models import Membership, User
from calls import events
from calls.audio.framing import TELEPHONE_RATE
from calls.models import Call, CallEvent, Leg
from calls.services.control import CallNotLive
from calls.telephony.browser import BROWSER_RATE
from vaniagent.lib import errors

_SALT: Final = "calls.operating"
LINK_SECONDS: Final = 60
ROLE: Final = Membership.Role.DEVELOPER


class ListenerGone(errors.NotFound):
    """The address of the socket is wrong or too old, or was used before; or who has it may no longer listen."""


@dataclass(frozen=True)
class Listener:
    """A member who listens in on a call."""

    call: Call
    by: audit.Actor
    # Hz, of both directions.
    rate: int
    # The bus address of its leg; empty until it is dialled.
    holder: str


@dataclass(frozen=True)
class Look:
    """How a listener's call is now."""

    is_live: bool
    may_listen: bool
    holder: str


def listen_path(*, call: Call, by: audit.Actor) -> str:
    """The path of a socket to listen in: for this member, for a minute, and once. Raises CallNotLive."""
    if by.user is None:
        raise ValueError("only people listen")
    if not call.is_live:
        raise CallNotLive("The call has ended.", param="call_id")
    facts = [call.public_id, by.user.pk, by.ip, secrets.token_hex(8)]
    return f"/media/listen/{signing.dumps(facts, salt=_SALT)}"


def begin_listening(*, token: str, at: datetime) -> Listener:
    """Let the member in whom the address was made for. Raises ListenerGone."""
    try:
        call_id, user_id, ip, nonce = signing.loads(token, salt=_SALT, max_age=LINK_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        raise ListenerGone("This address is no longer good.") from None
    if not cache.add(f"listen:{nonce}", 1, timeout=LINK_SECONDS + 5):
        raise ListenerGone("This address was used before.")

    call = Call.objects.select_related("account", "agent").filter(public_id=call_id, status__in=Call.LIVE).first()
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if call is None or user is None or not _may(call, user):
        raise ListenerGone("There is no such call to listen to.")
    by = audit.Actor(user=user, ip=ip)
    audit.record(account=call.account, by=by, action="call.listened_in", target=call.public_id, at=at)
    leg = Leg.objects.get(call=call)
    return Listener(call, by, BROWSER_RATE if leg.kind == Leg.Kind.BROWSER else TELEPHONE_RATE, leg.holder)


def look(listener: Listener) -> Look:
    call = listener.call
    user = listener.by.user
    return Look(
        is_live=Call.objects.filter(pk=call.pk, status__in=Call.LIVE).exists(),
        may_listen=user is not None and _may(call, user),
        holder=Leg.objects.filter(call=call).values_list("holder", flat=True).first() or "",
    )


@transaction.atomic
def record_taken_over(*, listener: Listener, at: datetime) -> None:
    """The listener speaks in the agent's place now. Raises CallNotLive, and ListenerGone for one who may no longer."""
    call = _live(listener.call)
    if listener.by.user is None or not _may(call, listener.by.user):
        raise ListenerGone("You may not take this call over.")
    events.record(call, "call.taken_over", at=at, origin=listener.by.name)
    _log(listener, "call.taken_over", at=at)


@transaction.atomic
def record_handed_back(*, listener: Listener, at: datetime) -> None:
    """The listener gives the call back to the agent. Raises CallNotLive."""
    call = _live(listener.call)
    if is_taken_over(call):
        events.record(call, "call.handed_back", at=at, origin=listener.by.name)
        _log(listener, "call.handed_back", at=at)


def is_taken_over(call: Call) -> bool:
    """Whether, by its log, somebody speaks in the agent's place."""
    changes = CallEvent.objects.filter(call=call, type__in=("call.taken_over", "call.handed_back"))
    return changes.order_by("-seq").values_list("type", flat=True).first() == "call.taken_over"


def said_by_operators(call: Call) -> tuple[str, ...]:
    """What was said in the agent's place, oldest first."""
    said = CallEvent.objects.filter(call=call, type="transcript.update", data__by_operator=True).order_by("seq")
    return tuple(event.data["text"] for event in said)


def _may(call: Call, user: User) -> bool:
    membership = Membership.objects.filter(account=call.account_id, user=user, user__is_active=True).first()
    return membership is not None and membership.reaches(ROLE)


def _live(call: Call) -> Call:
    """The call as it is now, locked."""
    calls = Call.objects.select_related("account", "agent").select_for_update(of=("self",))
    fresh: Call | None = calls.filter(pk=call.pk, status__in=Call.LIVE).first()
    if fresh is None:
        raise CallNotLive("The call has ended.", param="call_id")
    return fresh


def _log(listener: Listener, action: str, *, at: datetime) -> None:
    audit.record(account=listener.call.account, by=listener.by, action=action, target=listener.call.public_id, at=at)
