"""The first page: what the product is to strangers, how the workspace does to its members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account
from agents.models import Agent
from calls.models import Call
from calls.services import figures
from dashboard import charts, end_reasons
from dashboard.access import page, public
from dashboard.requests import DashboardRequest
from dashboard.templatetags.site import milliseconds, number

# How calls are placed, for those who do not know us.
_SAMPLE: Final = """\
curl %(url)s/v1/calls \\
  -H "Authorization: Bearer va_live_…" \\
  -H "Content-Type: application/json" \\
  -d '{
    "agent_id": "agent_…",
    "to_number": "+14155550100"
  }'
"""

# A chart of one day says nothing: today is shown as the last of a week.
_FEWEST_DAYS: Final = 7
_MOST_REASONS: Final = 6
_STARTERS: Final = 6


@dataclass(frozen=True)
class Period:
    name: str
    label: str | Promise
    days: int


@dataclass(frozen=True)
class Reason:
    words: str | Promise
    calls: int
    width: str


PERIODS: Final = (
    Period("today", gettext_lazy("Today"), 1),
    Period("7-days", gettext_lazy("7 days"), 7),
    Period("30-days", gettext_lazy("30 days"), 30),
)
_USUAL: Final = PERIODS[1]


@public()
def home(request: HttpRequest) -> HttpResponseBase:
    if request.user.is_authenticated:
        return overview(request)
    return render(request, "landing.html", {"sample": _SAMPLE % {"url": settings.PUBLIC_URL}})


@page()
def overview(request: DashboardRequest) -> HttpResponseBase:
    period = next((one for one in PERIODS if one.name == request.GET.get("period")), _USUAL)
    context = _figures_of(request.account, period=period, at=timezone.now())
    if not context["found"].calls and not Call.objects.for_account(request.account).exists():
        context |= _first_steps(request)
    return render(request, "dashboard/home.html", context)


def _figures_of(account: Account, *, period: Period, at: datetime) -> dict[str, Any]:
    since, until = _midnight(at, back=period.days - 1), _midnight(at, back=-1)
    found = figures.figures(account=account, since=since, until=until)
    zone = timezone.get_current_timezone()
    first = _midnight(at, back=max(period.days, _FEWEST_DAYS) - 1)
    days = figures.days(account=account, since=first, until=until, zone=zone)
    return {
        "period": period,
        "periods": PERIODS,
        "found": found,
        "today": days[-1],
        "minutes": found.seconds / 60,
        "live": figures.live(account=account),
        "credits": figures.credits_left(account=account, at=at),
        "calls_chart": _calls_chart(days),
        "heard_chart": _heard_chart(days),
        "reasons": _reasons(found),
    }


def _midnight(at: datetime, *, back: int) -> datetime:
    """The beginning of the reader's day, so many days back."""
    day = timezone.localtime(at).date() - timedelta(days=back)
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def _first_steps(request: DashboardRequest) -> dict[str, Any]:
    """Agents to talk with; the one in the query, else the oldest, is at the panel."""
    active = Agent.objects.for_account(request.account).filter(status=Agent.Status.ACTIVE).select_related("current")
    agents = list(active.order_by("pk")[:_STARTERS])
    wanted = next((agent for agent in agents if agent.public_id == request.GET.get("agent")), None)
    return {"is_fresh": True, "agents": agents, "agent": wanted or next(iter(agents), None)}


def _calls_chart(days: Sequence[figures.Day]) -> charts.Chart:
    total, answered = sum(day.calls for day in days), sum(day.answered for day in days)
    description = ngettext("%(calls)s call, %(answered)s answered.", "%(calls)s calls, %(answered)s answered.", total)
    said = charts.Said(
        title=_("Calls, day by day"),
        description=description % {"calls": number(total), "answered": number(answered)},
        headings=(_("Day"), _("Answered"), _("Not answered")),
        rows=tuple((_day(day), number(day.answered), number(day.calls - day.answered)) for day in days),
        legend=(_("Answered"), _("Not answered")),
    )
    stacks = [(day.answered, day.calls - day.answered) for day in days]
    return charts.bars(days=[day.day for day in days], stacks=stacks, said=said, written=number)


def _heard_chart(days: Sequence[figures.Day]) -> charts.Chart:
    values = [day.heard_p50_ms for day in days]
    known = [value for value in values if value is not None]
    words = {"least": milliseconds(min(known, default=None)), "most": milliseconds(max(known, default=None))}
    said = charts.Said(
        title=_("Answering time, day by day"),
        description=_("Between %(least)s and %(most)s.") % words if known else _("Not measured in this time."),
        headings=(_("Day"), _("Median")),
        rows=tuple((_day(day), milliseconds(day.heard_p50_ms)) for day in days),
    )
    return charts.line(days=[day.day for day in days], values=values, said=said, written=milliseconds)


def _day(day: figures.Day) -> str:
    return formats.date_format(day.day, "D j M")


def _reasons(found: figures.Figures) -> list[Reason]:
    """The most frequent, and what is left as one."""
    shown: list[tuple[str | Promise, int]] = [
        (words.label, calls)
        for reason, calls in found.reasons[:_MOST_REASONS]
        if (words := end_reasons.words_of(reason)) is not None
    ]
    if rest := sum(calls for _reason, calls in found.reasons[_MOST_REASONS:]):
        shown.append((_("Anything else"), rest))
    return [Reason(words, calls, charts.share(calls, found.ended)) for words, calls in shown]
