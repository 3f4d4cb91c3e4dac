"""Around pages: the reader's language and time zone, compression, and where the form of a log-in by another site leads."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils import timezone, translation

# Set by static/js/reader.js.
TIME_ZONE_COOKIE = "time_zone"


class LanguageMiddleware(LocaleMiddleware):
    """The language that the reader chose, else the browser's, else English. The staff's pages are in English alone."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith("/admin/"):
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE
        else:
            super().process_request(request)


class ReaderMiddleware:
    """Shows times in the zone that the reader chose, else in the browser's, else in UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        zone = _zone_of(request)
        if zone is None:
            return self._get_response(request)
        with timezone.override(zone):
            return self._get_response(request)


class SocialLogInMiddleware:
    """Lets the form by which one goes on to another site lead there: Chromium holds the redirect against the page's policy.

    Which address that is, is for allauth's provider to know, and for some only at the moment.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        view = request.resolver_match.url_name if request.resolver_match is not None else None
        if view and view.removesuffix("_login") in settings.SOCIALACCOUNT_PROVIDERS:
            response._csp_update = {"form-action": ["https:"]}  # type: ignore[attr-defined]  # django-csp reads it
        return response


class CompressionMiddleware(GZipMiddleware):
    """Compresses pages. Recordings are sound already, and are read in ranges."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


def _zone_of(request: HttpRequest) -> zoneinfo.ZoneInfo | None:
    chosen = getattr(request.user, "time_zone", "") or request.COOKIES.get(TIME_ZONE_COOKIE, "")
    try:
        return zoneinfo.ZoneInfo(chosen) if chosen else None
    except (KeyError, ValueError, OSError):
        # No zone of this name, no name of a zone, the name of a directory of zones.
        return None
