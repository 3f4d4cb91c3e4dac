"""A reader's own choices: time zone, language, light or dark."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts import services as accounts
from dashboard.access import page, public
from dashboard.context import THEME_COOKIE, THEMES
from dashboard.forms.preferences import TimeZoneForm
from dashboard.requests import DashboardRequest

_YEAR: Final = 365 * 24 * 3600


@page(methods=("GET", "POST"))
def preferences(request: DashboardRequest) -> HttpResponseBase:
    form = TimeZoneForm(request.POST or None, initial={"time_zone": request.user.time_zone})
    if request.method == "POST" and form.is_valid():
        accounts.choose_time_zone(user=request.user, name=form.cleaned_data["time_zone"])
        messages.success(request, _("Your preferences are saved."))
        return redirect("preferences")
    return render(request, "dashboard/preferences.html", {"form": form, "languages": settings.LANGUAGES})


@public(methods=("POST",))
def theme(request: HttpRequest) -> HttpResponseBase:
    """Light, dark, or (empty) as the system has it; kept in the browser."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    # Ours are paths: `redirect` would take a word for the name of a view.
    response = redirect(wanted if is_ours and wanted.startswith("/") else "home")
    choice = request.POST.get("theme", "")
    if choice in THEMES:
        response.set_cookie(
            THEME_COOKIE, choice, max_age=_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True
        )
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response
