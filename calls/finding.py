"""Which calls a list shows: a filter, as a page's URL has it, and the calls that it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from accounts.models import Account
from calls.models import Call
from calls.services import searching
from vaniagent.lib import json_wire

# The largest number that fits the column of a duration.
_LONGEST: Final = 2_147_483_647
# A complete number; anything shorter is looked for within numbers.
_COMPLETE_NUMBER: Final = 8


@dataclass(frozen=True)
class CallFilter:
    """What narrows the list. An empty field narrows nothing; of several values of one field any will do."""

    status: tuple[str, ...] = ()
    direction: tuple[str, ...] = ()
    ended_reason: tuple[str, ...] = ()
    sentiment: tuple[str, ...] = ()
    # Public ids.
    agent: tuple[str, ...] = ()
    # A phone number of either side, or digits within one.
    number: str = ""
    # Days, both inclusive.
    since: date | None = None
    until: date | None = None
    min_seconds: int | None = None
    max_seconds: int | None = None
    # `key=value`, or `key` for every call that has it.
    metadata: str = ""
    # Words of the transcript.
    text: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> Self:
        """Read a URL's query (`dict(request.GET.lists())`). What makes no sense narrows nothing."""
        found: dict[str, Any] = {}
        for field in fields(cls):
            values = [value.strip() for value in query.get(field.name, ()) if value.strip()]
            if values:
                found[field.name] = _READ.get(field.name, _last_text)(values)
        return cls(**found)

    def to_query(self) -> str:
        """The filter as a URL's query, with each field that narrows."""
        pairs = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value in ((), "", None):
                continue
            pairs += [(field.name, str(one)) for one in (value if isinstance(value, tuple) else (value,))]
        return urlencode(pairs)

    @property
    def is_empty(self) -> bool:
        return self == type(self)()


def find_calls(*, account: Account, wanted: CallFilter, zone: tzinfo = UTC) -> QuerySet[Call]:
    """The account's calls that fit, newest first; days are those of `zone`. Without its agent: add `select_related` for
    what a page shows."""
    calls: QuerySet[Call] = Call.objects.for_account(account)
    for name in ("status", "direction", "ended_reason", "sentiment"):
        if values := getattr(wanted, name):
            calls = calls.filter(**{f"{name}__in": values})
    if wanted.agent:
        calls = calls.filter(agent__public_id__in=wanted.agent)
    if wanted.number:
        calls = calls.filter(_with_number(wanted.number))
    if wanted.since:
        calls = calls.filter(created_at__gte=_start_of(wanted.since, zone))
    if wanted.until:
        calls = calls.filter(created_at__lt=_start_of(wanted.until + timedelta(days=1), zone))
    if wanted.min_seconds is not None:
        calls = calls.filter(duration__gte=wanted.min_seconds)
    if wanted.max_seconds is not None:
        calls = calls.filter(duration__lte=wanted.max_seconds)
    if wanted.metadata:
        calls = calls.filter(_with_metadata(wanted.metadata))
    if wanted.text:
        calls = searching.having_said(calls, account=account, text=wanted.text)
    return calls.order_by("-pk")


def _with_number(text: str) -> Q:
    digits = "".join(character for character in text if character.isdigit())
    if text.startswith("+") and len(digits) >= _COMPLETE_NUMBER:
        return Q(to_number=f"+{digits}") | Q(from_number=f"+{digits}")
    wanted = digits or text
    return Q(to_number__contains=wanted) | Q(from_number__contains=wanted)


def _with_metadata(text: str) -> Q:
    key, has_value, value = (part.strip() for part in text.partition("="))
    # As the index is: of calls that have metadata.
    some = ~Q(metadata={})
    if not has_value:
        return some & Q(metadata__has_key=key)

    fits = Q(metadata__contains={key: value})
    try:
        # As strictly as what is stored was read: PostgreSQL knows no NaN.
        number = json_wire.loads(value.encode())
    except json_wire.WireError:
        return some & fits
    # A number, true, false or null that looks the same.
    return some & (fits | Q(metadata__contains={key: number})) if not isinstance(number, dict | list) else some & fits


def _start_of(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _last_text(values: Sequence[str]) -> str:
    return values[-1].replace("\x00", "")[:300]


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.replace("\x00", "")[:100] for value in values[:50]))


def _day(values: Sequence[str]) -> date | None:
    try:
        found = date.fromisoformat(values[-1])
    except ValueError:
        return None
    # Room for the day after, in every zone.
    return found if 1970 <= found.year <= 9000 else None


def _seconds(values: Sequence[str]) -> int | None:
    text = values[-1]
    return min(int(text), _LONGEST) if text.isascii() and text.isdigit() and len(text) < 20 else None


_READ: Final[Mapping[str, Any]] = {
    "status": _texts,
    "direction": _texts,
    "ended_reason": _texts,
    "sentiment": _texts,
    "agent": _texts,
    "since": _day,
    "until": _day,
    "min_seconds": _seconds,
    "max_seconds": _seconds,
}
