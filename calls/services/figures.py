"""How an account does: its calls of a time in numbers, what is live, and how long its credits last.

Everything about calls comes from one index (`call_by_time`), whose rows hold what is added up here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from accounts.limits import limits_of
from accounts.models import Account
from billing.models import Balance
from calls.models import Call
from vaniagent.lib import rows

# What was spent in this time says how long the rest lasts.
SPENDING: Final = timedelta(days=7)
_LONGEST_DAYS: Final = 365

_TOTAL: Final = """
    SELECT count(*), count(ended_reason), count(answered_at) FILTER (WHERE ended_reason IS NOT NULL),
        coalesce(sum(duration), 0), coalesce(sum(cost), 0),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY heard_p50_ms),
        percentile_disc(0.95) WITHIN GROUP (ORDER BY heard_p95_ms)
    FROM calls_call WHERE account_id = %s AND created_at >= %s AND created_at < %s
"""
_REASONS: Final = """
    SELECT ended_reason, count(*) FROM calls_call
    WHERE account_id = %s AND created_at >= %s AND created_at < %s AND ended_reason IS NOT NULL
    GROUP BY ended_reason ORDER BY count(*) DESC, ended_reason
"""
_DAYS: Final = """
    SELECT (created_at AT TIME ZONE %s)::date AS day, count(*), count(answered_at), coalesce(sum(duration), 0),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY heard_p50_ms)
    FROM calls_call WHERE account_id = %s AND created_at >= %s AND created_at < %s GROUP BY day
"""
_SPENT: Final = """
    SELECT coalesce(sum(cost), 0), min(created_at) FROM calls_call
    WHERE account_id = %s AND created_at >= %s AND created_at < %s AND cost > 0
"""


@dataclass(frozen=True)
class Figures:
    """The calls of a time."""

    calls: int
    ended: int
    # Of those that ended.
    answered: int
    seconds: int
    micro_credits: int
    # From the caller's last sound to the agent's first: of a usual call, and of the slow turns of the slow calls.
    heard_p50_ms: int | None
    heard_p95_ms: int | None
    # The most frequent first.
    reasons: tuple[tuple[str, int], ...]

    @property
    def answered_percent(self) -> int | None:
        """Null where no call has ended."""
        return round(100 * self.answered / self.ended) if self.ended else None


@dataclass(frozen=True)
class Day:
    day: date
    calls: int
    answered: int
    seconds: int
    heard_p50_ms: int | None


@dataclass(frozen=True)
class Live:
    """Calls in progress, and how many there may be."""

    calls: int
    most: int


@dataclass(frozen=True)
class Credits:
    """What is left, and when it is used up at the present rate; null where nothing is being spent, or it lasts a year."""

    available: int
    held: int
    spent_per_day: int
    run_out_at: datetime | None


def figures(*, account: Account, since: datetime, until: datetime) -> Figures:
    """The calls that were begun in this time."""
    span = [account.pk, since, until]
    total = rows.first(_TOTAL, span)
    if total is None:
        raise RuntimeError("an aggregate is one row")
    calls, ended, answered, seconds, cost, p50, p95 = total
    reasons = tuple((reason, count) for reason, count in rows.every(_REASONS, span)) if ended else ()
    return Figures(calls, ended, answered, int(seconds), int(cost), p50, p95, reasons)


def days(*, account: Account, since: datetime, until: datetime, zone: tzinfo) -> list[Day]:
    """The same day by day in the reader's zone, without holes."""
    found = {
        day: Day(day, calls, answered, int(seconds), p50)
        for day, calls, answered, seconds, p50 in rows.every(_DAYS, [str(zone), account.pk, since, until])
    }
    first, last = since.astimezone(zone).date(), (until - timedelta(microseconds=1)).astimezone(zone).date()
    every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [found.get(day) or Day(day, 0, 0, 0, None) for day in every]


def live(*, account: Account) -> Live:
    calls = Call.objects.for_account(account).filter(status__in=Call.LIVE).count()
    return Live(calls, limits_of(account).max_live_calls)


def credits_left(*, account: Account, at: datetime) -> Credits:
    """By what the calls of the last week cost, or of the time since the first of them where that is shorter."""
    balance = Balance.objects.filter(account=account).first() or Balance(account=account)
    found = rows.first(_SPENT, [account.pk, at - SPENDING, at])
    spent, began_at = (int(found[0]), found[1]) if found is not None else (0, None)
    if not spent or began_at is None:
        return Credits(balance.available, balance.held, 0, None)

    # Calls of one hour are no rate for a day.
    days_of_it = max((at - began_at) / timedelta(days=1), 1.0)
    per_day = int(spent / days_of_it)
    lasts = (balance.available + balance.held) / per_day if per_day else _LONGEST_DAYS
    run_out_at = at + timedelta(days=lasts) if lasts < _LONGEST_DAYS else None
    return Credits(balance.available, balance.held, per_day, run_out_at)
