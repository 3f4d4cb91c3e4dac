"""What is asked before a call: the account's rules, the calls they refused, and the proof of one call."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from calls.models import DialCheck
from calls.services import dialing_rules
from dashboard import dial_rules
from dashboard.access import Role, page
from dashboard.acting import actor_of
from dashboard.confirming import ask, is_confirmed
from dashboard.forms.dialing import DialingRulesForm
from dashboard.forms.failing import blame
from dashboard.forms.hours import COPY_HOURS, with_monday_copied
from dashboard.requests import DashboardRequest
from dashboard.views.call import find_call
from vaniagent.lib import errors

ROWS: Final = 50


@page(role=Role.DEVELOPER)
def show_rules(request: DashboardRequest) -> HttpResponseBase:
    return _page(request, DialingRulesForm.of(dialing_rules.rules_of(request.account)))


@page(role=Role.ADMIN, methods=("POST",))
@never_cache
def change_rules(request: DashboardRequest) -> HttpResponseBase:
    """Where the change makes a signing secret, the answer shows it, and nothing shows it again."""
    if COPY_HOURS in request.POST:
        return _page(request, DialingRulesForm(with_monday_copied(request.POST, "calling_hours")))
    form = DialingRulesForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    try:
        _rules, secret = dialing_rules.change_rules(
            account=request.account, changes=form.changes, by=actor_of(request), at=timezone.now()
        )
    except errors.ServiceError as error:
        blame(form, error)
        return _page(request, form)
    if secret is not None:
        return _show_secret(request, secret, is_new=True)
    messages.success(request, _("Saved. They hold for every call from now on."))
    return redirect("settings_dialing_rules")


@page(role=Role.ADMIN, methods=("GET", "POST"))
@never_cache
def rotate_secret(request: DashboardRequest) -> HttpResponseBase:
    """Asks first; then shows the new secret, once."""
    if not dialing_rules.rules_of(request.account).pre_dial_url:
        raise Http404
    if is_confirmed(request):
        _rules, secret = dialing_rules.change_rules(
            account=request.account, changes={}, rotate_secret=True, by=actor_of(request), at=timezone.now()
        )
        if secret is not None:
            return _show_secret(request, secret, is_new=False)
        return redirect("settings_dialing_rules")
    return ask(
        request,
        title=_("Make a new signing secret?"),
        text=_(
            "What your server is asked is signed with the new one at once. A server that checks it and does not know the "
            "new one yet says no, and then there are no calls."
        ),
        label=_("Make a new secret"),
        back=reverse("settings_dialing_rules"),
    )


@page()
def refused_dials(request: DashboardRequest) -> HttpResponseBase:
    """What was not dialled, and which rule said so."""
    checks = DialCheck.objects.for_account(request.account).filter(is_allowed=False)
    found = checks.select_related("call", "agent_version__agent").order_by("-pk")
    shown = Paginator(found, ROWS).get_page(request.GET.get("page"))
    rows = [(check, dial_rules.refusal_of(check)) for check in shown]
    return render(request, "dashboard/settings_refused_dials.html", {"page": shown, "rows": rows})


@page()
def dial_checks(request: DashboardRequest, call_id: str) -> HttpResponseBase:
    """What was asked before a call, and what each rule said."""
    found = find_call(request, call_id)
    checks = DialCheck.objects.for_account(request.account).filter(call=found).order_by("-pk")
    shown = [(check, dial_rules.results_of(check)) for check in checks]
    return render(request, "dashboard/call_checks.html", {"call": found, "checks": shown})


def _page(request: DashboardRequest, form: DialingRulesForm) -> HttpResponseBase:
    may_change = request.membership.reaches(Role.ADMIN)
    if not may_change:
        form.disable()
    context: dict[str, Any] = {
        "form": form,
        "may_change": may_change,
        "has_server": bool(dialing_rules.rules_of(request.account).pre_dial_url),
    }
    return render(request, "dashboard/settings_dialing_rules.html", context)


def _show_secret(request: DashboardRequest, secret: str, *, is_new: bool) -> HttpResponseBase:
    return render(request, "dashboard/settings_dialing_secret.html", {"secret": secret, "is_new": is_new})
