"""A browser's talk between its start and its leg: whose socket it is, and what becomes of it where there is none."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from calls import links, tasks
from calls.models import Call, Leg, PublicTalk
from calls.services import lifecycle
from calls.telephony.base import EndedBy, EndReason
from vaniagent.lib import errors


class TalkGone(errors.NotFound):
    """The address of the socket is wrong or too old, or was used before."""


@transaction.atomic
def take_talk(*, token: str, holder: str, at: datetime) -> Call:
    """Give the talk's leg to the process where its socket was opened, once. Raises TalkGone.

    The call is queued by `queue_talk`, when that process is ready to be told to dial.
    """
    try:
        call_id = links.call_of_media(token, at=at)
    except links.InvalidLink:
        raise TalkGone("This talk's address is no longer good.") from None

    of_call = Leg.objects.of_call(call_id, status__in=Call.LIVE)
    waiting = of_call.filter(kind=Leg.Kind.BROWSER, status=Leg.Status.PLANNED, holder="")
    if not waiting.update(holder=holder):
        raise TalkGone("This talk's address was used before.")
    Call.objects.filter(public_id=call_id).update(queued_at=at)
    call: Call = Call.objects.select_related("account").get(public_id=call_id)
    return call


@transaction.atomic
def queue_talk(*, call: Call) -> None:
    """Have a worker drive the talk. Repeating it does no harm, and the reaper does where it was lost."""
    tasks.queue_call(call.pk)


def abandon_talk(*, call: Call, at: datetime) -> bool:
    """The socket was closed. False where the leg was dialled: then it ends like any other."""
    return lifecycle.complete_undialled(call_id=call.public_id, reason=EndReason.CANCELED, by=EndedBy.USER, at=at)


def origins_of(*, call_id: str) -> list[str]:
    """The origins besides our own from which the talk may be opened: those of its public link."""
    origins = PublicTalk.objects.filter(call__public_id=call_id).values_list("link__allowed_origins", flat=True).first()
    return [str(origin) for origin in origins or []]
