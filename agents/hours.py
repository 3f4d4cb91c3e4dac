"""The hours in which an agent may call: windows of each weekday, by a clock on the wall, the callee's or a named one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Final
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

# The clock where the person called is, by their number.
CALLEE: Final = "callee"
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Of one day: before and after lunch.
MOST_WINDOWS: Final = 2

# How a clock is written, in a pattern that ECMAScript reads as well.
TIME: Final = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
# A week and a day: by then each window has come once, whatever the zone.
_AHEAD: Final = 9

# Minutes since midnight: from, and until.
Window = tuple[int, int]


class BadHours(ValueError):
    """These are no hours; says why."""


@dataclass(frozen=True)
class CallingHours:
    """By weekday, from Monday on."""

    timezone: str
    week: tuple[tuple[Window, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """As it is kept and shown: days that are closed are left out."""
        days = {
            day: [[clock(begin), clock(end)] for begin, end in windows]
            for day, windows in zip(DAYS, self.week, strict=True)
            if windows
        }
        return {"timezone": self.timezone, "days": days}

    def is_open(self, at: datetime, zones: Iterable[tzinfo]) -> bool:
        """Whether it is within the hours in all of these zones."""
        return all(self._is_open_in(at.astimezone(zone)) for zone in zones)

    def opens_at(self, at: datetime, zones: Sequence[tzinfo]) -> datetime | None:
        """When it next is, `at` or later, in UTC; None where the zones share no such moment."""
        if self.is_open(at, zones):
            return at
        starts = sorted({start for zone in zones for start in self._starts(at, zone)})
        return next((start for start in starts if start > at and self.is_open(start, zones)), None)

    def _is_open_in(self, local: datetime) -> bool:
        minute = local.hour * 60 + local.minute
        return any(begin <= minute < end for begin, end in self.week[local.weekday()])

    def _starts(self, at: datetime, zone: tzinfo) -> Iterable[datetime]:
        today = at.astimezone(zone).date()
        for ahead in range(_AHEAD):
            day = today + timedelta(days=ahead)
            for begin, _end in self.week[day.weekday()]:
                yield datetime.combine(day, time(*divmod(begin, 60)), zone).astimezone(UTC)


def read(values: Mapping[str, Any]) -> CallingHours:
    """Hours as a client sends them, or a version keeps them. Raises BadHours."""
    timezone = values.get("timezone", CALLEE)
    if timezone != CALLEE and timezone not in available_timezones():
        raise BadHours(_("'timezone' is 'callee', or a name such as 'America/New_York'."))
    week = tuple(tuple(_windows(values.get("days", {}).get(day, ()))) for day in DAYS)
    if not any(week):
        raise BadHours(_("No day has hours. Send null for calls at any time."))
    return CallingHours(timezone, week)


def clock(minute: int) -> str:
    """Minutes since midnight, as a clock shows them."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _windows(pairs: Iterable[Sequence[str]]) -> Iterable[Window]:
    windows = sorted((_minute(begin), _minute(end)) for begin, end in pairs)
    for begin, end in windows:
        if begin >= end:
            words = {"begin": clock(begin), "end": clock(end)}
            raise BadHours(_("A window ends after it begins: %(begin)s to %(end)s does not.") % words)
    for (_begin, end), (begin, _end) in pairwise(windows):
        if begin < end:
            raise BadHours(_("The windows of a day do not overlap."))
    return windows


def _minute(text: str) -> int:
    if re.fullmatch(TIME, text) is None:
        raise BadHours(_("Times are 'HH:MM', from '00:00' to '24:00'."))
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
