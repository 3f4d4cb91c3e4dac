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
MOST_EVENTS: Final = 500
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


@dataclass(frozen=True)
class Beginning:
    """Where the calls of an account stand when a socket begins to follow it, and after which call all are new."""

    begin_after: Mapping[str, int]
    last_known: int


@dataclass(frozen=True)
class Heads:
    """The last seq of calls: of those that are named, and of each account's newest."""

    named: Mapping[str, int]
    newest: Mapping[int, Mapping[str, int]]


class Following:
    """The last seq that was sent of each call, and which calls are to be sent at all."""

    def __init__(self) -> None:
        self.chosen: set[str] = set()
        # Every call of the account that came after the one with this key; None: only the chosen ones.
        self.account_after: int | None = None
        self.sent: dict[str, int] = {}

    def choose(self, call_id: str, *, after: int) -> None:
        self.chosen.add(call_id)
        self.sent[call_id] = after

    def drop(self, call_id: str) -> None:
        self.chosen.discard(call_id)
        if self.account_after is None:
            self.sent.pop(call_id, None)

    def follow_account(self, beginning: Beginning) -> None:
        self.account_after = beginning.last_known
        self.sent = {**beginning.begin_after, **self.sent}

    def drop_account(self) -> None:
        self.account_after = None
        self.sent = {call_id: seq for call_id, seq in self.sent.items() if call_id in self.chosen}

    def is_any(self) -> bool:
        return bool(self.chosen) or self.account_after is not None

    def has_account(self) -> bool:
        return self.account_after is not None

    def is_followed(self, call_id: str) -> bool:
        return self.account_after is not None or call_id in self.chosen

    def is_behind(self, heads: Heads, *, account_id: int) -> bool:
        """Whether the log may have something that was not sent."""
        named = any(heads.named.get(call_id, 0) > self.sent.get(call_id, 0) for call_id in self.chosen)
        if named or self.account_after is None:
            return named
        newest = heads.newest.get(account_id, {})
        return any(last_seq > self.sent.get(call_id, -1) for call_id, last_seq in newest.items())

    def due(self, call_id: str, seq: int) -> Due:
        if not self.is_followed(call_id):
            return Due.SKIP
        # A call's first event may come before the socket knows the call.
        last = self.sent.get(call_id, 0 if seq == 1 else None)
        if last is None or seq > last + 1:
            return Due.READ_LOG
        return Due.SEND if seq == last + 1 else Due.SKIP

    def note(self, call_id: str, seq: int) -> None:
        """An event was sent. What was quiet the longest is forgotten first."""
        self.sent.pop(call_id, None)
        self.sent[call_id] = seq
        if len(self.sent) > MOST_REMEMBERED:
            self.sent = {
                known: last
                for place, (known, last) in enumerate(self.sent.items())
                if known in self.chosen or place > MOST_REMEMBERED // 2
            }

    def begin(self, begin_after: Mapping[str, int]) -> None:
        for call_id, seq in begin_after.items():
            self.sent.setdefault(call_id, seq)


def find_beginning(*, account_id: int, since: datetime) -> Beginning:
    """Read where an account's calls stand. What came in after `since` counts as new."""
    newest = list(_newest(account_id))
    begin_after = {call.public_id: 0 if call.created_at >= since else call.last_seq for call in newest}
    # A call that is not yet committed has a higher key than the oldest of these, and is not among them.
    return Beginning(begin_after, newest[-1].pk if len(newest) == NEWEST_CALLS else 0)


def find_heads(*, call_ids: Iterable[str], account_ids: Iterable[int]) -> Heads:
    """Read how far the log goes."""
    named = Call.objects.filter(public_id__in=list(call_ids)).values_list("public_id", "last_seq")
    newest = {pk: {call.public_id: call.last_seq for call in _newest(pk)} for pk in account_ids}
    return Heads(dict(named), newest)


def find_missed(
    *, account_id: int, chosen: Iterable[str], sent: Mapping[str, int], account_after: int | None
) -> Missed:
    """Read what the log has beyond `sent`, in order within each call; of more than MOST_EVENTS the first."""
    calls = Call.objects.for_account(account_id).only("pk", "public_id", "last_seq", "created_at")
    found = {call.public_id: call for call in calls.filter(public_id__in=list(chosen))}
    begin_after: dict[str, int] = {}
    if account_after is not None:
        for call in _newest(account_id):
            found[call.public_id] = call
            if call.public_id not in sent:
                begin_after[call.public_id] = 0 if call.pk > account_after else call.last_seq

    beyond = Q()
    for call_id, call in found.items():
        last = sent.get(call_id, begin_after.get(call_id, 0))
        if call.last_seq > last:
            beyond |= Q(call_id=call.pk, seq__gt=last)
    if not beyond:
        return Missed(begin_after, [])
    events = CallEvent.objects.filter(beyond).select_related("call").order_by("call_id", "seq")
    return Missed(begin_after, list(events[:MOST_EVENTS]))


def _newest(account_id: int) -> Iterable[Call]:
    calls: Iterable[Call] = (
        Call.objects.for_account(account_id)
        .only("pk", "public_id", "last_seq", "created_at")
        .order_by("-pk")[:NEWEST_CALLS]
    )
    return calls
