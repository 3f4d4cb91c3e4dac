"""What happened in a call, moment by moment: its log, and what people did to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from accounts.models import AuditEntry
from calls.models import Call, CallEvent

# What people did that the call's own log does not tell.
_BESIDE: Final = ("call.hung_up", "call.listened_in")


@dataclass(frozen=True)
class Moment:
    """An event of the call, with its seq, or something that was done to it, without one."""

    at: datetime
    # Since the call was placed.
    after: timedelta
    type: str
    seq: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    # Whose doing: an e-mail or a key's id. Empty: the call itself.
    origin: str = ""


def timeline(call: Call) -> list[Moment]:
    """All of it, in its order. Two queries."""
    events = [
        Moment(event.at, event.at - call.created_at, event.type, event.seq, event.data, event.origin)
        for event in CallEvent.objects.filter(call=call).order_by("seq")
    ]
    done = AuditEntry.objects.for_account(call.account).filter(target=call.public_id, action__in=_BESIDE)
    beside = [
        Moment(entry.at, entry.at - call.created_at, entry.action, origin=entry.actor) for entry in done.order_by("pk")
    ]
    # Stable: events keep the order of their seq.
    return sorted(events + beside, key=lambda moment: moment.at)
