"""Pages of other origins may use /v1: no cookie counts there, only the key that the page itself sends."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from vaniagent.lib.api.chain import GetResponse

METHODS: Final = "GET, HEAD, POST, PATCH, DELETE"
TAKEN: Final = "Authorization, Content-Type, Idempotency-Key, If-None-Match"
# Without this a page reads the body and a few headers that HTTP itself names.
SHOWN: Final = (
    "ETag, Idempotent-Replayed, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"
)
# What browsers keep of it at most; they ask once an address.
KEPT_SECONDS: Final = 7200


class CorsMiddleware:
    """Every answer may be read by every page."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = SHOWN
        return response


class PreflightMiddleware:
    """Answers what a browser asks, without a key, before it lets a page send one. It is counted like any request."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
            return self._get_response(request)

        response = HttpResponse(status=204)
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = TAKEN
        response.headers["Access-Control-Max-Age"] = str(KEPT_SECONDS)
        return response
