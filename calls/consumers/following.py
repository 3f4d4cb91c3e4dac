"""Which calls a socket follows, and how far into the log of each it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from django.db.models import Q

from calls.models import Call, CallEvent

# Who follows an account is shown, when the log is read again, what its newest calls have had since; older ones are
# followed by their wake-ups alone.
NEWEST_CALLS: Final = 200
MOST_EVENTS: Final = 1_000
MOST_REMEMBERED: Final = 5_000


class Due(Enum):
    """What an event that was announced means for a socket."""

    SEND = "send"
    READ_LOG = "read the log"
    SKIP = "skip"


@dataclass(frozen=True)
class Missed:
    """What the log has beyond what a socket was sent, and where calls that are new to it begin."""

    begin_after: Mapping[str, int]
    events: list[CallEvent]


class Following:
    """The last seq that was sent of each call, and which calls are to be sent at all."""

    def __init__(self) -> None:
        self.chosen: set[str] = set()
        # Since when every call of the account is followed; None: only the chosen ones.
        self.account_since: datetime | None = None
        self.sent: dict[str, int] = {}

    def choose(self, call_id: str, *, after: int) -> None:
        self.chosen.add(call_id)
        self.sent[call_id] = after

    def drop(self, call_id: str) -> None:
        self.chosen.discard(call_id)
        if self.account_since is None:
            self.sent.pop(call_id, None)

    def follow_account(self, *, since: datetime, begin_after: Mapping[str, int]) -> None:
        self.account_since = since
        self.sent = {**begin_after, **self.sent}

    def drop_account(self) -> None:
        self.account_since = None
        self.sent = {call_id: seq for call_id, seq in self.sent.items() if call_id in self.chosen}

    def is_followed(self, call_id: str) -> bool:
        return self.account_since is not None or call_id in self.chosen

    def due(self, call_id: str, seq: int) -> Due:
        if not self.is_followed(call_id):
            return Due.SKIP
        # A call's first event may come before the socket knows the call.
        last = self.sent.get(call_id, 0 if seq == 1 else None)
        if last is None or seq > last + 1:
            return Due.READ_LOG
        return Due.SEND if seq == last + 1 else Due.SKIP

    def note(self, call_id: str, seq: int) -> None:
        """An event was sent."""
        self.sent[call_id] = seq
        if len(self.sent) > MOST_REMEMBERED:
            self.sent = {
                known: last
                for place, (known, last) in enumerate(self.sent.items())
                if known in self.chosen or place > MOST_REMEMBERED // 2
            }

    def begin(self, begin_after: Mapping[str, int]) -> None:
        self.sent = {**begin_after, **self.sent}


def find_missed(
    *, account_id: int, chosen: Iterable[str], sent: Mapping[str, int], account_since: datetime | None
) -> Missed:
    """Read what the log has beyond `sent`, in order within each call."""
    calls = Call.objects.for_account(account_id).only("pk", "public_id", "last_seq", "created_at")
    found = {call.public_id: call for call in calls.filter(public_id__in=list(chosen))}
    begin_after: dict[str, int] = {}
    if account_since is not None:
        for call in calls.order_by("-pk")[:NEWEST_CALLS]:
            found[call.public_id] = call
            if call.public_id not in sent:
                begin_after[call.public_id] = 0 if call.created_at >= account_since else call.last_seq

    beyond = Q()
    for call_id, call in found.items():
        last = sent.get(call_id, begin_after.get(call_id, 0))
        if call.last_seq > last:
            beyond |= Q(call_id=call.pk, seq__gt=last)
    if not beyond:
        return Missed(begin_after, [])
    events = CallEvent.objects.filter(beyond).select_related("call").order_by("call_id", "seq")
    return Missed(begin_after, list(events[:MOST_EVENTS]))
