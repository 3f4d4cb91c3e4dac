"""Requests under /v1 are counted before anything is done for them."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts import limits
from accounts.authentication import authenticate_request
from vaniagent.lib import errors, rate_limits
from vaniagent.lib.api import requests
from vaniagent.lib.api.envelope import ErrorAnswer


class TooManyRequests(errors.TooMany):
    """One of the request's windows is full."""


class RateLimitMiddleware:
    """Lets a request through while its account, or without one its address, is within its limits."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        verdict = _count(request)
        if verdict.allowed:
            response = self._get_response(request)
        else:
            wait = f"Too many requests. Try again in {verdict.retry_after} s."
            response = ErrorAnswer(TooManyRequests(wait, retry_after=verdict.retry_after))
        for name, value in verdict.headers().items():
            response.headers[name] = value
        return response


def _count(request: HttpRequest) -> rate_limits.Verdict:
    now = timezone.now()
    try:
        account = authenticate_request(request, now).account
    except (errors.ServiceError, DatabaseError, InterfaceError):
        # A database that is away is the view's to meet: its answer has the limits' headers, too.
        client = f"address:{requests.address_of(request, proxies=settings.TRUSTED_PROXY_COUNT)}"
        windows = limits.anonymous_windows()
    else:
        client = account.public_id
        windows = limits.windows_for(account, method=request.method or "", path=request.path_info)
    return rate_limits.count(client=client, windows=windows, now=now.timestamp())
