"""Against callers who ring for ever: whom a line turns away, and a count of all who were."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, QuerySet, Sum

from calls import inbound_limits
from calls.models import Call, LineRefusal, PhoneLine

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
# For how long it is told who was turned away.
KEPT: Final = timedelta(days=90)


def is_blocked(*, line: PhoneLine, from_number: str | None) -> bool:
    """Whether this caller is never let in; None is one who hides the number."""
    return inbound_limits.read(line.inbound_limits).blocks(from_number)


def has_called_enough(*, line: PhoneLine, from_number: str | None, at: datetime) -> bool:
    """Whether a caller has been let in on the account's lines as often as this line allows. Exact under the account's lock."""
    limits = inbound_limits.read(line.inbound_limits)
    calls = _calls_of(line, from_number)
    return any(
        most is not None and calls.filter(created_at__gt=at - period)[:most].count() >= most
        for most, period in ((limits.calls_per_hour, HOUR), (limits.calls_per_day, DAY))
    )


def seconds_left(*, line: PhoneLine, from_number: str | None, rate_per_minute: int, at: datetime) -> int | None:
    """How long a caller's next call may last by what all of a day may cost; None: no such limit.

    Calls in progress have no cost yet: several at once may spend it several times over.
    """
    limits = inbound_limits.read(line.inbound_limits)
    if limits.cost_per_day is None or rate_per_minute == 0:
        return None
    lately = _calls_of(line, from_number).filter(created_at__gt=at - DAY)
    spent = lately.aggregate(spent=Sum("cost"))["spent"] or 0
    return max(0, int((limits.cost_per_day - spent) * 60 // rate_per_minute))


def count_refusal(*, line: PhoneLine, word: str, at: datetime) -> None:
    """One more was turned away today, for what `word` says."""
    today, _is_new = LineRefusal.objects.get_or_create(line=line, day=at.date(), word=word, defaults={"last_at": at})
    LineRefusal.objects.filter(pk=today.pk).update(count=F("count") + 1, last_at=at)


def refusals(*, line: PhoneLine, days: int, at: datetime) -> dict[str, int]:
    """How many were turned away in the last days, by the word for why; most first."""
    since = (at - timedelta(days=days - 1)).date()
    found = LineRefusal.objects.filter(line=line, day__gte=since).values_list("word").annotate(total=Sum("count"))
    return dict(found.order_by("-total", "word"))


def tidy_up(*, at: datetime) -> None:
    """Forget counts past their time."""
    LineRefusal.objects.filter(day__lt=(at - KEPT).date()).delete()


def _calls_of(line: PhoneLine, from_number: str | None) -> QuerySet[Call]:
    """Those that a caller was let in with. All who hide their number are one caller."""
    calls: QuerySet[Call] = Call.objects.filter(
        account=line.account_id, direction=Call.Direction.INBOUND, phone_line__isnull=False, from_number=from_number
    )
    return calls
