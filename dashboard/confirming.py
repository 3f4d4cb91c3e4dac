"""Asking before something ends for good: a page of its own, so that it works without scripts."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dashboard.requests import DashboardRequest

Words = str | Promise


def is_confirmed(request: DashboardRequest, *, word: str = "") -> bool:
    """Whether this is the answer to `ask`, with the word as it was to be typed."""
    return request.method == "POST" and " ".join(request.POST.get("confirm", "").split()) == " ".join(word.split())


def ask(
    request: DashboardRequest,
    *,
    title: Words,
    text: Words,
    label: Words,
    back: str,
    word: str = "",
    hidden: dict[str, str] | None = None,
) -> HttpResponseBase:
    """The page that asks. `word` is to be typed; `hidden` is posted with the answer; `back` is where nothing is done."""
    is_wrong = "confirm" in request.POST
    context = {
        "title": title,
        "text": text,
        "label": label,
        "back": back,
        "word": word,
        "hidden": hidden or {},
        "error": _("That is not what is to be typed.") if is_wrong else "",
    }
    return render(request, "dashboard/settings_confirm.html", context, status=400 if is_wrong else 200)
