"""What is kept of calls: for how long, all of it as a file, and erasing a caller's."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.services import erasure, exports
from dashboard.access import Role, page
from dashboard.acting import actor_of
from dashboard.confirming import ask, is_confirmed
from dashboard.forms.data import CallerForm, RetentionForm
from dashboard.forms.failing import blame
from dashboard.requests import DashboardRequest
from vaniagent.lib import errors
from vaniagent.lib.ranges import file_answer

EXPORTS: Final = 10


@page(role=Role.ADMIN)
def show_data(request: DashboardRequest) -> HttpResponseBase:
    return _page(request, {})


@page(role=Role.ADMIN, methods=("POST",))
def set_retention(request: DashboardRequest) -> HttpResponseBase:
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return _page(request, {"retention": form})

    erasure.set_retention(account=request.account, **form.cleaned_data, by=actor_of(request), at=timezone.now())
    messages.success(request, _("Saved. What is older already is erased within the hour."))
    return redirect("settings_data")


@page(role=Role.ADMIN, methods=("POST",))
def ask_export(request: DashboardRequest) -> HttpResponseBase:
    try:
        exports.ask_export(account=request.account, by=actor_of(request), at=timezone.now())
    except errors.ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The file is being written. You get a mail when it is there."))
    return redirect("settings_data")


@page(role=Role.ADMIN)
def download_export(request: DashboardRequest, export_id: str) -> HttpResponseBase:
    try:
        path = exports.file_of(account=request.account, public_id=export_id, at=timezone.now())
    except exports.NoSuchExport:
        raise Http404 from None

    response = file_answer(request, path, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{export_id}.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response


@page(role=Role.ADMIN, methods=("POST",))
def erase_caller(request: DashboardRequest) -> HttpResponseBase:
    """Says what would go, and has the number typed once more. By POST alone: addresses are written into logs."""
    form = CallerForm(request.POST)
    if not form.is_valid():
        return _page(request, {"caller": form})

    number = form.cleaned_data["number"]
    try:
        if is_confirmed(request, word=number):
            erased = erasure.erase_caller(
                account=request.account, number=number, by=actor_of(request), at=timezone.now()
            )
            messages.success(request, _erased_words(erased.calls))
            return redirect("settings_data")
        count = erasure.calls_with(account=request.account, number=number).count()
    except errors.ServiceError as error:
        blame(form, error)
        return _page(request, {"caller": form})
    return _ask_to_erase(request, number, count)


def _page(request: DashboardRequest, forms: dict[str, Any]) -> HttpResponseBase:
    kept = erasure.retention_of(request.account)
    found = list(exports.exports_of(request.account)[:EXPORTS])
    context = {
        "retention": RetentionForm(
            initial={"recordings_days": kept.recordings_days, "transcripts_days": kept.transcripts_days}
        ),
        "caller": CallerForm(),
        "exports": found,
        "is_waiting": any(export.status == exports.Status.WAITING for export in found),
        "now": timezone.now(),
        **forms,
    }
    return render(request, "dashboard/settings_data.html", context)


def _ask_to_erase(request: DashboardRequest, number: str, count: int) -> HttpResponseBase:
    words = ngettext(
        "%(count)d call with this number is found. ", "%(count)d calls with this number are found. ", count
    ) % {"count": count}
    return ask(
        request,
        title=_("Erase what was kept of %(number)s?") % {"number": number},
        text=words
        + _(
            "Recordings, transcripts, summaries, metadata and the number itself go, for good. That there were calls, when, "
            "and what they cost, stays."
        ),
        label=_("Erase for good"),
        back=reverse("settings_data"),
        word=number,
        hidden={"number": number},
    )


def _erased_words(count: int) -> str:
    return ngettext(
        "Erased what was said in %(count)d call, and the number.",
        "Erased what was said in %(count)d calls, and the number.",
        count,
    ) % {"count": count}
