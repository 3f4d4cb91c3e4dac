"""Placing a call by a form, and many from a file: looked over as a draft, then placed as there is room."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import audit
from agents.models import Agent
from calls import retry_rules
from calls.batch_results import csv_of_batch
from calls.models import BatchRow, Call, CallBatch
from calls.services import batches, gate, starting
from dashboard import end_reasons
from dashboard.access import Role, page
from dashboard.acting import actor_of
from dashboard.forms.calls import STATUSES as STATUSES_OF_CALLS
from dashboard.forms.place_call import BatchForm, PlaceCallForm
from dashboard.requests import DashboardRequest
from vaniagent.lib import errors

SANDBOX: Final = (
    ("+15005550001", _("is busy")),
    ("+15005550002", _("does not answer")),
    ("+15005550003", _("declines")),
    ("+15005550004", _("cannot be reached: the carrier fails")),
    ("+15005550005", _("is a voicemail")),
    ("+15005550006", _("hangs up in the middle of the agent’s sentence")),
    ("+15005550007", _("interrupts the agent")),
    ("+15005550008", _("answers and says nothing")),
    ("+15005550009", _("talks until you hang up")),
    ("+15005550100", _("answers and talks, as any other number does")),
)
ROWS: Final = 100
STATUSES: Final = {
    CallBatch.Status.DRAFT: _("Draft"),
    CallBatch.Status.SCHEDULED: _("Scheduled"),
    CallBatch.Status.RUNNING: _("Running"),
    CallBatch.Status.PAUSED: _("Paused"),
    CallBatch.Status.CANCELED: _("Canceled"),
    CallBatch.Status.DONE: _("Done"),
}
ROW_STATUSES: Final = {
    BatchRow.Status.SKIPPED: _("Left out"),
    BatchRow.Status.WAITING: _("Waiting"),
    BatchRow.Status.PLACED: _("Placed"),
    BatchRow.Status.REFUSED: _("Refused"),
    BatchRow.Status.CANCELED: _("Canceled"),
}
_MOVES: Final[dict[str, Any]] = {
    "start": batches.start_batch,
    "pause": batches.pause_batch,
    "resume": batches.resume_batch,
    "cancel": batches.cancel_batch,
}


@page(role=Role.DEVELOPER, methods=("GET", "POST"))
def place_call(request: DashboardRequest) -> HttpResponseBase:
    initial = {"agent": request.GET.get("agent", ""), "to_number": request.GET.get("to", "")}
    form = PlaceCallForm(request.POST or None, agents=_agents(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        try:
            call = starting.start_call(
                account=request.account,
                agent=wanted["agent"],
                api_key=None,
                to_number=wanted["to_number"],
                from_number=wanted["from_number"] or None,
                metadata=wanted["metadata"],
                sandbox_lines=wanted["lines"],
                scheduled_at=wanted["scheduled_at"],
                retry=form.rule,
                by=actor_of(request),
                at=timezone.now(),
            )
        except gate.MayNotRing as refusal:
            gate.keep(refusal.check)
            form.add_error("to_number", _in_words(refusal))
        except errors.ServiceError as error:
            form.add_error(None, error.message)
        else:
            return redirect("call", call.public_id)
    context = {"form": form, "sandbox": SANDBOX, "file_form": BatchForm(agents=_agents(request), auto_id="file_%s")}
    return render(request, "dashboard/call_new.html", context)


@page()
def call_batches(request: DashboardRequest) -> HttpResponse:
    shown = Paginator(batches.batches_of(request.account), 25).get_page(request.GET.get("page"))
    rows = [(batch, STATUSES[CallBatch.Status(batch.status)]) for batch in shown]
    return render(request, "dashboard/call_batches.html", {"page": shown, "rows": rows})


@page(role=Role.DEVELOPER, methods=("POST",))
def new_batch(request: DashboardRequest) -> HttpResponseBase:
    """Read a file into a draft, and show what will happen."""
    agents = _agents(request)
    form = BatchForm(request.POST, request.FILES, agents=agents, auto_id="file_%s")
    if form.is_valid():
        wanted = form.cleaned_data
        try:
            batch = batches.draft_batch(
                account=request.account,
                agent=wanted["agent"],
                file=wanted["file"].read(),
                name=wanted["name"] or wanted["file"].name,
                from_number=wanted["from_number"] or None,
                at_once=wanted["at_once"],
                per_minute=wanted["per_minute"],
                scheduled_at=wanted["scheduled_at"],
                retry=form.rule,
                by=actor_of(request),
                at=timezone.now(),
            )
        except errors.ServiceError as error:
            form.add_error("file", error.message)
        else:
            return redirect("call_batch", batch.public_id)
    context = {"form": PlaceCallForm(agents=agents), "sandbox": SANDBOX, "file_form": form}
    return render(request, "dashboard/call_new.html", context)


@page()
def call_batch(request: DashboardRequest, batch_id: str) -> HttpResponse:
    batch = _batch(request, batch_id)
    progress = batches.progress(batch=batch)
    wanted = request.GET.get("status") if request.GET.get("status") in BatchRow.Status.values else None
    rows = Paginator(batches.rows_of(batch, status=wanted), ROWS).get_page(request.GET.get("page"))
    context = {
        "batch": batch,
        "status": STATUSES[CallBatch.Status(batch.status)],
        "preview": batches.preview(batch=batch) if batch.status == CallBatch.Status.DRAFT else None,
        "progress": progress,
        "dealt_with": progress.total - progress.waiting,
        "page": rows,
        "rows": [_row(row) for row in rows],
        "wanted": wanted,
        "kinds": [
            (status, words, progress.rows[status]) for status, words in ROW_STATUSES.items() if status in progress.rows
        ],
        "rule": None if batch.retry is None else retry_rules.read(batch.retry),
        "is_moving": batch.status in (CallBatch.Status.SCHEDULED, CallBatch.Status.RUNNING) or progress.live > 0,
    }
    return render(request, "dashboard/call_batch.html#batch" if request.htmx else "dashboard/call_batch.html", context)


@page()
def batch_results(request: DashboardRequest, batch_id: str) -> HttpResponseBase:
    """What came of each row as CSV, written as it is read."""
    batch = _batch(request, batch_id)
    audit.record(
        account=request.account,
        by=actor_of(request),
        action="data.calls_exported",
        target=batch.public_id,
        at=timezone.now(),
    )
    response = StreamingHttpResponse(csv_of_batch(batch), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{batch.public_id}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@page(role=Role.DEVELOPER, methods=("POST",))
def move_batch(request: DashboardRequest, batch_id: str) -> HttpResponseBase:
    """Start, pause, resume or cancel it, as `do` says."""
    batch = _batch(request, batch_id)
    service = _MOVES.get(request.POST.get("do", ""))
    if service is None:
        raise Http404
    try:
        service(batch=batch, by=actor_of(request), at=timezone.now())
    except errors.ServiceError as error:
        messages.error(request, error.message)
    return redirect("call_batch", batch_id)


def _row(row: BatchRow) -> dict[str, Any]:
    """A row, how far it is, and how its last call is or ended."""
    call = row.call
    words = end_reasons.words_of(call.ended_reason) if call is not None else None
    is_live = call is not None and call.is_live
    state = dict(STATUSES_OF_CALLS)[Call.Status(call.status)] if call is not None and is_live else words and words.label
    return {"row": row, "status": ROW_STATUSES[BatchRow.Status(row.status)], "state": state or "", "is_live": is_live}


def _batch(request: DashboardRequest, batch_id: str) -> CallBatch:
    try:
        return batches.get_batch(account=request.account, public_id=batch_id)
    except batches.NoSuchBatch:
        raise Http404 from None


def _agents(request: DashboardRequest) -> list[Agent]:
    agents = Agent.objects.for_account(request.account).filter(status=Agent.Status.ACTIVE)
    return list(agents.select_related("current").order_by("-pk"))


def _in_words(refusal: gate.MayNotRing) -> str:
    """When the hours begin again, by the reader's clock; what the service says, where they never do."""
    if refusal.opens_at is None or not isinstance(refusal, gate.OutsideCallingHours):
        return refusal.message
    opens_at = timezone.localtime(refusal.opens_at)
    words = (
        gettext("Outside this agent's calling hours. They begin again on %(day)s at %(time)s, by your clock.")
        if refusal.param == "calling_hours"
        else gettext("Outside the workspace's calling hours. They begin again on %(day)s at %(time)s, by your clock.")
    )
    return words % {
        "day": date_format(opens_at, "l, j F"),
        "time": date_format(opens_at, "TIME_FORMAT"),
    }
