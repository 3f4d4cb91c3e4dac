"""Pages that say what went wrong."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from vaniagent.lib import pool
from vaniagent.lib.api import requests


def server_error(request: HttpRequest) -> HttpResponse:
    """What nobody anticipated; or only that no database connection became free, and then this page needs none either."""
    is_busy = pool.is_exhausted(sys.exc_info()[1])
    words = render_to_string("busy.html" if is_busy else "500.html", {"request_id": requests.id_of(request)})
    headers = {"Retry-After": str(pool.COME_BACK_AFTER), "Cache-Control": "no-store"} if is_busy else {}
    return HttpResponse(words, status=503 if is_busy else 500, headers=headers)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """The form came without our cookie, or too late."""
    said = _("This form is too old, or your browser sent no cookie with it. Go back, reload the page, and try again.")
    return render(request, "403.html", {"reason": said}, status=403)
