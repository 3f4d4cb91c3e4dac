"""Pages that say what went wrong."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """The form came without our cookie, or too late."""
    said = _("This form is too old, or your browser sent no cookie with it. Go back, reload the page, and try again.")
    return render(request, "403.html", {"reason": said}, status=403)
