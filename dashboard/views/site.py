"""Pages for everybody: prices, legal, status, and (with DEBUG) what pages are made of."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from dashboard import icons, plans, standing
from dashboard.access import public
from dashboard.forms.design import SampleForm


@public()
def pricing(request: HttpRequest) -> HttpResponseBase:
    return render(request, "pricing.html", {"plans": plans.all_plans(), "trial": settings.SIGN_UP_CREDITS})


@public()
def terms(request: HttpRequest) -> HttpResponseBase:
    return render(request, "legal/terms.html", {"own_text": _text_of(settings.LEGAL_TERMS_FILE)})


@public()
def privacy(request: HttpRequest) -> HttpResponseBase:
    return render(request, "legal/privacy.html", {"own_text": _text_of(settings.LEGAL_PRIVACY_FILE)})


@public()
def status(request: HttpRequest) -> HttpResponseBase:
    parts = standing.parts(at=timezone.now())
    return render(request, "status.html", {"parts": parts, "is_well": all(part.is_well for part in parts)})


@public(methods=("GET", "POST"))
def design(request: HttpRequest) -> HttpResponseBase:
    if not settings.DEBUG:
        raise Http404
    form = SampleForm(request.POST or None)
    return render(request, "dashboard/design.html", {"form": form, "now": timezone.now(), "icons": icons.SHAPES})


def _text_of(path: str) -> str:
    return Path(path).read_text(encoding="utf-8") if path else ""
