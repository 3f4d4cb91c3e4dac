"""The do-not-call list: find, add, import, export, remove."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.models import DoNotCall
from calls.services import do_not_call
from dashboard.access import Role, page
from dashboard.acting import actor_of
from dashboard.confirming import ask, is_confirmed
from dashboard.forms.do_not_call import ImportForm, NumberForm
from dashboard.forms.failing import blame
from dashboard.requests import DashboardRequest
from vaniagent.lib import errors

ROWS: Final = 50
SOURCES: Final = {
    DoNotCall.Source.API: gettext_lazy("By API"),
    DoNotCall.Source.PAGE: gettext_lazy("By hand"),
    DoNotCall.Source.IMPORT: gettext_lazy("Imported"),
    DoNotCall.Source.CALL: gettext_lazy("Said in a call"),
}


@page()
def show_list(request: DashboardRequest) -> HttpResponseBase:
    return _page(request, {})


@page(role=Role.DEVELOPER, methods=("POST",))
def add_number(request: DashboardRequest) -> HttpResponseBase:
    form = NumberForm(request.POST)
    if form.is_valid():
        try:
            _entry, is_new = do_not_call.add_number(
                account=request.account,
                **form.cleaned_data,
                source=DoNotCall.Source.PAGE,
                by=actor_of(request),
                at=timezone.now(),
            )
        except errors.ServiceError as error:
            blame(form, error)
        else:
            messages.success(request, _("It is called no more.") if is_new else _("It was on the list already."))
            return redirect("settings_do_not_call")
    return _page(request, {"form": form})


@page(role=Role.ADMIN, methods=("POST",))
def import_numbers(request: DashboardRequest) -> HttpResponseBase:
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, {"import_form": form})
    try:
        imported = do_not_call.import_numbers(
            account=request.account, file=form.cleaned_data["file"].read(), by=actor_of(request), at=timezone.now()
        )
    except errors.ServiceError as error:
        form.add_error("file", error.message)
        return _page(request, {"import_form": form})
    return _page(request, {"imported": imported})


@page()
def export_numbers(request: DashboardRequest) -> HttpResponseBase:
    entries = do_not_call.entries_of(request.account)
    response = StreamingHttpResponse(do_not_call.csv_of(entries), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="do-not-call.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@page(role=Role.ADMIN, methods=("POST",))
def remove_number(request: DashboardRequest, entry_id: str) -> HttpResponseBase:
    """Asks for the reason first: it goes into the audit log."""
    try:
        entry = do_not_call.entry_of(account=request.account, public_id=entry_id)
    except do_not_call.NoSuchEntry:
        raise Http404 from None

    word = entry.number or entry.public_id
    if is_confirmed(request, word=word):
        reason = request.POST.get("reason", "")
        do_not_call.remove_entry(entry=entry, reason=reason, by=actor_of(request), at=timezone.now())
        messages.success(request, _("It may be called again."))
        return redirect("settings_do_not_call")
    return ask(
        request,
        title=_("Take %(number)s off the do-not-call list?") % {"number": word},
        text=_("It may be called again from now on. Who did so stands in the audit log."),
        label=_("Take it off"),
        back=reverse("settings_do_not_call"),
        word=word,
        hidden={"reason": request.POST.get("reason", "")},
    )


def _page(request: DashboardRequest, more: dict[str, Any]) -> HttpResponseBase:
    search = request.GET.get("q", "")[:40]
    entries = do_not_call.entries_of(request.account, search=search).select_related("call")
    shown = Paginator(entries, ROWS).get_page(request.GET.get("page"))
    context = {
        "form": NumberForm(),
        "import_form": ImportForm(auto_id="import_%s"),
        "search": search,
        "page": shown,
        "rows": [(entry, SOURCES[DoNotCall.Source(entry.source)]) for entry in shown],
        **more,
    }
    return render(request, "dashboard/settings_do_not_call.html", context)
