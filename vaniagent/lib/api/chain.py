"""The way of a request under /v1: `API_MIDDLEWARE` around the view, and nothing of what pages need.

The web process comes here straight from `ApiApplication`. Django's other ways in (WSGI, the test client) find
`ApiMiddleware` before all middleware of the pages, and so the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import resolve
from django.utils import translation
from django.utils.module_loading import import_string

from vaniagent.lib.api import requests
from vaniagent.lib.api.envelope import ErrorAnswer, translate

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ApiMiddleware:
    """The first of `MIDDLEWARE`: what is under /v1 leaves the pages' chain here."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return answer(request) if requests.is_api(request.path_info) else self._get_response(request)


def answer(request: HttpRequest) -> HttpResponseBase:
    """What /v1 says to a request, in English. Never raises: what went wrong is in the answer."""
    with translation.override(settings.LANGUAGE_CODE):
        return _chain()(request)


@cache
def _chain() -> GetResponse:
    """Made once a process; the first of the setting is the outermost."""
    get_response = _contained(_ask_view)
    for name in reversed(settings.API_MIDDLEWARE):
        get_response = _contained(import_string(name)(get_response))
    return get_response


def _contained(get_response: GetResponse) -> GetResponse:
    """Turns an exception into its answer right where it left: what stands further out adds its headers to that, too."""

    def contained(request: HttpRequest) -> HttpResponseBase:
        try:
            return get_response(request)
        except Exception as error:
            return ErrorAnswer(translate(error, request))

    return contained


def _ask_view(request: HttpRequest) -> HttpResponseBase:
    match = request.resolver_match = resolve(request.path_info)
    response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    return response.render() if isinstance(response, SimpleTemplateResponse) else response
