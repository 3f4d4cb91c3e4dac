"""Where browsers tell what the pages' policy (CSP) refused. Each report is a line of the log, without anybody's words.

Anybody can post here, so nothing is believed: an address becomes the name of our page or another site's origin.
"""

from __future__ import annotations

import json
import logging
import re
import time
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from vaniagent.lib import rate_limits
from vaniagent.lib.api.requests import address_of

log = logging.getLogger(__name__)

REFUSED: Final = "A browser refused what a page's policy forbids"
MOST_BYTES: Final = 16 * 1024
MOST_A_MINUTE: Final = 30
# Browsers that gather reports send some at once.
MOST_IN_ONE: Final = 10
_WORD: Final = re.compile(r"[a-z][a-z-]{0,39}")
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]{0,19}://[a-z0-9.:\[\]-]{1,200}")


@csrf_exempt
@require_POST
def policy_report(request: HttpRequest) -> HttpResponse:
    window = rate_limits.Window("minute", rate_limits.MINUTE, MOST_A_MINUTE)
    address = address_of(request, proxies=settings.TRUSTED_PROXY_COUNT)
    verdict = rate_limits.count(client=f"policy-report:{address}", windows=[window], now=time.time())
    if not verdict.allowed:
        return HttpResponse(status=429, headers={"Retry-After": str(verdict.retry_after)})

    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    try:
        reports = _reports_in(json.loads(body))
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    for report in reports[:MOST_IN_ONE]:
        log.warning(REFUSED, extra=_told(report))
    return HttpResponse(status=204)


def _reports_in(sent: Any) -> list[dict[str, Any]]:
    """Reports of either form: one of `report-uri`, or a list of the Reporting API. Raises ValueError."""
    entries = sent if isinstance(sent, list) else [sent]
    held = [entry.get("csp-report") or entry.get("body") for entry in entries if isinstance(entry, dict)]
    reports = [report for report in held if isinstance(report, dict)]
    if not reports:
        raise ValueError("This is no report.")
    return reports


def _told(report: dict[str, Any]) -> dict[str, Any]:
    """What is worth knowing of a report."""
    directive = (
        report.get("effective-directive") or report.get("violated-directive") or report.get("effectiveDirective")
    )
    line = report.get("line-number", report.get("lineNumber"))
    return {
        "page": _page_at(report.get("document-uri") or report.get("documentURL")),
        "directive": _matching(_WORD, str(directive).partition(" ")[0]),
        "blocked": _origin_of(report.get("blocked-uri") or report.get("blockedURL")),
        "source": _path_of(report.get("source-file") or report.get("sourceFile")),
        "line": line if isinstance(line, int) and 0 <= line < 10**6 else None,
    }


def _page_at(address: Any) -> str:
    """The name of the page: its address may hold ids, and what only one person's mail should."""
    try:
        return resolve(urlsplit(str(address)).path).view_name
    except (Resolver404, ValueError):
        return ""


def _origin_of(address: Any) -> str:
    """A word, such as "inline", or the origin of an address."""
    try:
        parts = urlsplit(str(address).lower())
    except ValueError:
        return ""
    if not parts.netloc:
        return _matching(_WORD, parts.scheme or parts.path)
    return _matching(_ORIGIN, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")


def _path_of(address: Any) -> str:
    """The path of a script or stylesheet of ours; of anything else no more than where it is from."""
    try:
        path = urlsplit(str(address)).path
    except ValueError:
        return ""
    return path if re.fullmatch(r"/static/[\w./-]{1,200}", path, re.ASCII) else _origin_of(address)


def _matching(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""
