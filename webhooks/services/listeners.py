"""Listeners: programs that hear an account's webhooks over a socket, signed with a secret of their own.

What a listener is told waits in PostgreSQL until it is answered, so nothing is lost while a socket is open, and what was not
answered is told again to the next socket of the same listener. A listener without a socket is forgotten within a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from vaniagent.lib import errors, groups
from webhooks import event_types, signing
from webhooks.models import Forward, Listener
from webhooks.services.endpoints import checked_events
from webhooks.services.headers import headers_of

# For so long after its socket was last seen a listener is told of events, and can come back.
GRACE: Final = timedelta(seconds=60)


class TooManyListeners(errors.TooMany):
    """The account listens in as many places as it may."""


class NoSuchListener(errors.NotFound):
    """Nothing by that id, or somebody else's, or its time is over, or another socket has it."""


@dataclass(frozen=True)
class Forwarded:
    """A webhook as a listener passes it on: the bytes of `body` are those that an endpoint would be sent."""

    id: str
    event: str
    headers: Mapping[str, str]
    body: str


def listeners_group(account_id: int) -> str:
    """The channel layer's group of sockets that are woken when something waits for the account's listeners."""
    return f"webhooks.{account_id}"


def wake_listeners(account_id: int) -> None:
    """Tell the sockets of this account's listeners, when the transaction commits, that something waits."""
    told = {"type": "webhooks.waiting"}
    transaction.on_commit(lambda: groups.send([listeners_group(account_id)], told), robust=True)


@transaction.atomic
def begin_listening(*, account_id: int, events: Sequence[str] | None, socket: str, at: datetime) -> Listener:
    """A new listener to these events (None: all) on this socket. Raises InvalidEndpoint and TooManyListeners."""
    wanted = list(event_types.NAMES) if events is None else checked_events(events)
    # The lock makes the count below exact.
    Account.objects.select_for_update(no_key=True).get(pk=account_id)
    alive = Listener.objects.for_account(account_id).filter(alive_until__gt=at)
    if alive.count() >= settings.WEBHOOKS_MAX_LISTENERS:
        raise TooManyListeners(f"An account listens in at most {settings.WEBHOOKS_MAX_LISTENERS} places at once.")

    listener = Listener(account_id=account_id, events=wanted, socket=socket, alive_until=at + GRACE)
    listener.secret = signing.new_secret()
    listener.save()
    return listener


@transaction.atomic
def resume_listening(*, account_id: int, public_id: str, socket: str, at: datetime) -> Listener:
    """The listener goes on with this socket, which is told again what was not answered. Raises NoSuchListener."""
    alive = Listener.objects.for_account(account_id).filter(public_id=public_id, alive_until__gt=at)
    listener: Listener | None = alive.select_for_update(no_key=True).first()
    if listener is None:
        raise NoSuchListener("There is no such session to go on with.", param="session")

    listener.socket, listener.alive_until = socket, at + GRACE
    listener.save(update_fields=["socket", "alive_until"])
    return listener


def stay_listening(*, sockets: Iterable[str], at: datetime) -> None:
    """These sockets are still open."""
    Listener.objects.filter(socket__in=list(sockets), alive_until__gt=at).update(alive_until=at + GRACE)


def stop_listening(*, listener: Listener) -> None:
    """Forget the listener, and what waits for it, unless another socket has it by now."""
    Listener.objects.filter(pk=listener.pk, socket=listener.socket).delete()


def sockets_with_waiting(*, sockets: Iterable[str]) -> set[str]:
    """Which of these sockets have something to take."""
    listeners = Listener.objects.filter(socket__in=list(sockets)).values_list("pk", "socket")
    return {socket for pk, socket in listeners if Forward.objects.filter(listener=pk).exclude(taken_by=socket).exists()}


@transaction.atomic
def take_waiting(*, listener: Listener, limit: int, at: datetime) -> list[Forwarded]:
    """The next of what waits, the oldest first, signed; it is this socket's now. Raises NoSuchListener."""
    held = Listener.objects.select_for_update(no_key=True).filter(pk=listener.pk, socket=listener.socket)
    if not held.exists():
        raise NoSuchListener("This session has ended, or another socket goes on with it.")

    waiting = Forward.objects.filter(listener=listener).exclude(taken_by=listener.socket)
    taken = list(waiting.select_related("event").order_by("pk")[:limit])
    Forward.objects.filter(pk__in=[forward.pk for forward in taken]).update(taken_by=listener.socket)
    secrets = [listener.secret]
    return [
        Forwarded(
            id=forward.public_id,
            event=forward.event.type,
            headers=headers_of(forward.event, delivery_id=forward.public_id, signing_secrets=secrets, at=at),
            body=forward.event.body,
        )
        for forward in taken
    ]


def end_forward(*, listener: Listener, public_id: str) -> bool:
    """The webhook was passed on and answered, however: it is not told again. False where it was ended before."""
    return Forward.objects.filter(listener=listener, public_id=public_id).delete()[0] == 1


def forget_silent_listeners(*, at: datetime) -> int:
    """Delete those whose socket has been gone for long, with what waits for them. How many."""
    silent = list(Listener.objects.filter(alive_until__lte=at).values_list("pk", flat=True))
    Listener.objects.filter(pk__in=silent, alive_until__lte=at).delete()
    return len(silent)
