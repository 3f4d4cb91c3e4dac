"""The list of calls: filters in the address, search, views that people keep, CSV."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet, Subquery
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts import audit
from agents.models import Agent
from calls.exporting import csv_of_calls
from calls.finding import CallFilter, find_calls
from calls.models import Call, SavedView
from calls.services import searching, views
from dashboard import end_reasons
from dashboard.access import page
from dashboard.acting import actor_of
from dashboard.forms.calls import STATUSES, CallFilterForm
from dashboard.marking import marked_excerpt
from dashboard.requests import DashboardRequest

ROWS: Final = (25, 100)
# Beyond so many a filtered list says "more than": to count on would read them all.
MOST_COUNTED: Final = 10_000
# Likewise of a search, which reads more for each.
MOST_FOUND: Final = 1_000


@dataclass(frozen=True)
class Row:
    """A call as the list shows it."""

    call: Call
    # How it is or ended, and how a badge shows that; no badge for what went as it should.
    outcome: Any
    state: str
    # Of a live call so far.
    seconds: int | None
    speaker: str = ""
    excerpt: SafeString | str = ""


@dataclass(frozen=True)
class Chip:
    """One filter that narrows, and the list without it."""

    label: Any
    value: Any
    url: str


@dataclass(frozen=True)
class Part:
    """The rows of one page, and what there is on either side. Pages are named by a call, so that each is as quick as the first."""

    calls: list[Call]
    newer: str = ""
    older: str = ""


@page()
def calls(request: DashboardRequest) -> HttpResponse:
    wanted = CallFilter.from_query(dict(request.GET.lists()))
    size = ROWS[1] if request.GET.get("rows") == str(ROWS[1]) else ROWS[0]
    found = find_calls(account=request.account, wanted=wanted, zone=timezone.get_current_timezone())
    if request.htmx and "count" in request.GET:
        return render(request, "dashboard/calls.html#count", _counted(found, MOST_FOUND))
    part = _part_of(request, found, size)
    state = _state_of(part.calls)
    if request.htmx and request.GET.get("state") == state:
        return HttpResponse(status=204)

    is_first = not part.newer
    query = wanted.to_query()
    context = {
        "wanted": wanted,
        "rows": _rows(part.calls, wanted, at=timezone.now()),
        "part": part,
        "size": size,
        "newest_url": _url(query, size=size),
        "newer_url": _url(query, size=size, after=part.newer) if part.newer else "",
        "older_url": _url(query, size=size, before=part.older) if part.older else "",
        "poll_url": _url(query, size=size, state=state) if is_first else "",
        **_count(request, found, wanted, part),
        "export_url": f"{reverse('export_calls')}?{query}",
    }
    if "state" in request.GET and request.htmx:
        return render(request, "dashboard/calls.html#rows", context)

    agents = list(Agent.objects.for_account(request.account).select_related("current").order_by("-pk")[:200])
    form = CallFilterForm(wanted, agents=agents)
    context |= {"form": form, "chips": _chips(wanted, form), "query": query}
    context["views"] = _views(request, query)
    response = render(request, "dashboard/calls.html#found" if request.htmx else "dashboard/calls.html", context)
    if request.htmx:
        response.headers["HX-Push-Url"] = _url(query, size=size)
    return response


@page()
def export_calls(request: DashboardRequest) -> HttpResponseBase:
    """The filtered list as CSV, written as it is read."""
    wanted, now = CallFilter.from_query(dict(request.GET.lists())), timezone.now()
    audit.record(
        account=request.account,
        by=actor_of(request),
        action="data.calls_exported",
        details={"filters": sorted(QueryDict(wanted.to_query()))},
        at=now,
    )
    pieces = csv_of_calls(account=request.account, wanted=wanted, zone=timezone.get_current_timezone())
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    name = f"calls-{now:%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@page(methods=("POST",))
def save_call_view(request: DashboardRequest) -> HttpResponseBase:
    """Keep the filter that `query` holds, under `name`."""
    wanted = _filter_of(request.POST.get("query", ""))
    try:
        view = views.save_view(
            account=request.account,
            user=request.user,
            name=request.POST.get("name", ""),
            wanted=wanted,
            at=timezone.now(),
        )
    except views.BadView as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The view “%(name)s” is kept.") % {"name": view.name})
    return redirect(_url(wanted.to_query()))


@page(methods=("POST",))
def delete_call_view(request: DashboardRequest) -> HttpResponseBase:
    pk = request.POST.get("view", "")
    if not (pk.isascii() and pk.isdecimal() and len(pk) < 19):
        raise Http404
    if not views.delete_view(account=request.account, user=request.user, pk=int(pk)):
        raise Http404
    return redirect("calls")


def _part_of(request: DashboardRequest, found: QuerySet[Call], size: int) -> Part:
    """The page that the address names: the calls before (older than) or after one, else the newest."""
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    shown = found.select_related("agent__current")
    if after:
        rows = list(shown.filter(pk__gt=_key_of(request, after)).order_by("pk")[: size + 1])
        there_is_more = len(rows) > size
        calls = rows[:size][::-1]
        if not there_is_more:
            # The newest page, filled up.
            calls = list(shown[: size + 1])
            return Part(calls[:size], older=calls[size - 1].public_id if len(calls) > size else "")
        return Part(calls, newer=calls[0].public_id, older=calls[-1].public_id)

    if before:
        shown = shown.filter(pk__lt=_key_of(request, before))
    calls = list(shown[: size + 1])
    older = calls[size - 1].public_id if len(calls) > size else ""
    return Part(calls[:size], newer=(calls[0].public_id if calls else before) if before else "", older=older)


def _key_of(request: DashboardRequest, public_id: str) -> Subquery:
    return Subquery(Call.objects.for_account(request.account).filter(public_id=public_id[:40]).values("pk"))


def _count(request: DashboardRequest, found: QuerySet[Call], wanted: CallFilter, part: Part) -> dict[str, Any]:
    """How many calls there are, if that is quick to know."""
    if not part.newer and not part.older:
        return {"count": len(part.calls), "is_more": False}
    if wanted.is_empty:
        newest = Call.objects.for_account(request.account).order_by("-number").values_list("number", flat=True)
        return {"count": newest.first(), "is_more": False}
    if wanted.text:
        # The page does not wait for it.
        return {"count": None, "is_more": False, "count_url": _url(wanted.to_query(), count="1")}
    return _counted(found, MOST_COUNTED)


def _counted(found: QuerySet[Call], most: int) -> dict[str, Any]:
    count = found.order_by()[: most + 1].count()
    return {"count": min(count, most), "is_more": count > most}


def _rows(calls: list[Call], wanted: CallFilter, *, at: datetime) -> list[Row]:
    excerpts = searching.excerpts(calls, text=wanted.text) if wanted.text else {}
    return [_row(call, excerpts.get(call.pk), wanted.text, at) for call in calls]


def _row(call: Call, said: tuple[str, str] | None, text: str, at: datetime) -> Row:
    speaker, excerpt = said or ("", "")
    shown = {"speaker": speaker, "excerpt": marked_excerpt(excerpt, query=text) if excerpt else ""}
    if call.status in Call.OPEN:
        since = call.answered_at
        seconds = None if since is None else max(0, int((at - since).total_seconds()))
        return Row(call, dict(STATUSES)[Call.Status(call.status)], call.status, seconds, **shown)

    words = end_reasons.words_of(call.ended_reason)
    is_fault = words is not None and words.is_fault
    state = "failed" if is_fault else "no_answer" if call.status == Call.Status.FAILED else ""
    return Row(call, words.label if words else "", state, call.duration, **shown)


def _state_of(calls: list[Call]) -> str:
    """Another text once a row of the page looks different."""
    looks = [
        (call.pk, call.status, call.due_at, call.answered_at, call.duration, call.sentiment, call.cost)
        for call in calls
    ]
    return hashlib.md5(repr(looks).encode(), usedforsecurity=False).hexdigest()[:16]


def _chips(wanted: CallFilter, form: CallFilterForm) -> list[Chip]:
    chips = []
    for field in fields(wanted):
        value = getattr(wanted, field.name)
        if value in ((), "", None):
            continue
        bound = form[field.name]
        labels = dict(getattr(bound.field, "choices", ()))
        for one in value if isinstance(value, tuple) else (value,):
            rest: dict[str, Any] = {field.name: _without(one, value, field.default)}
            without = replace(wanted, **rest)
            chips.append(Chip(bound.label, labels.get(one, one), _url(without.to_query())))
    return chips


def _without(one: Any, value: Any, default: Any) -> Any:
    return tuple(other for other in value if other != one) if isinstance(value, tuple) else default


def _views(request: DashboardRequest, query: str) -> list[tuple[SavedView, str, bool]]:
    """Each kept view, its address, and whether it is the one that is shown."""
    kept = views.views_of(account=request.account, user=request.user)
    return [(view, _url(view.query), bool(query) and view.query == query) for view in kept]


def _filter_of(query: str) -> CallFilter:
    from_url = QueryDict(query[:2000])
    return CallFilter.from_query(dict(from_url.lists()))


def _url(query: str, *, size: int = ROWS[0], **more: str) -> str:
    beside = urlencode(({"rows": str(size)} if size != ROWS[0] else {}) | more)
    parts = [part for part in (query, beside) if part]
    return reverse("calls") + ("?" + "&".join(parts) if parts else "")
