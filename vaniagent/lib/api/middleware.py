"""The edge of /v1: request ids, the envelope around failures, a limit on bodies, validators on what is read."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework.response import Response
from structlog.contextvars import bound_contextvars

from vaniagent.lib.api import requests
from vaniagent.lib.api.chain import GetResponse
from vaniagent.lib.api.envelope import BodyTooLarge, ErrorAnswer, from_status

MAX_BODY_BYTES: Final = 1024 * 1024
# What a client calls its request. Anything else is not given back.
CLIENT_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")


class RequestIdMiddleware:
    """Every answer names its request, and so does every line of the log that is written meanwhile.

    It also has the name that the client gave it, by which a client sees that an answer belongs to another request.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = requests.id_of(request)
        with bound_contextvars(request_id=request_id):
            response = self._get_response(request)
        response.headers["X-Request-Id"] = request_id
        theirs = request.headers.get("X-Client-Request-Id", "")
        if CLIENT_REQUEST_ID.fullmatch(theirs):
            response.headers["X-Client-Request-Id"] = theirs
        return response


class EnvelopeMiddleware:
    """Whatever leaves /v1 has the contract's form, whoever made it."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if response.status_code >= 400 and not isinstance(response, (Response, ErrorAnswer)):
            # A copy would lose what other middleware said: limits, methods allowed.
            plain, response = response, ErrorAnswer(from_status(response.status_code, request))
            for name, value in plain.headers.items():
                response.headers.setdefault(name, value)
        if request.method in ("GET", "HEAD") and response.status_code == 200:
            _validate(request, response)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class BodyMiddleware:
    """Refuses a body that is too large, and reads it where its length was not announced."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            body = request.read(MAX_BODY_BYTES + 1)
            if len(body) > MAX_BODY_BYTES:
                return ErrorAnswer(BodyTooLarge("The body is too large: at most 1 MiB."))

            # Views take a body without an announced length for none.
            request.META["CONTENT_LENGTH"] = str(len(body))
            request._stream = io.BytesIO(body)
            request._body = body
        return self._get_response(request)


def _validate(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give a read answer its ETag, and empty it where the client has that one already."""
    if not isinstance(response, HttpResponse):
        return

    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    known = [text.removeprefix("W/") for text in parse_etags(request.headers.get("If-None-Match", ""))]
    if etag in known or "*" in known:
        response.status_code = 304
        response.content = b""
        for name in ("Content-Length", "Content-Type"):
            if name in response.headers:
                del response.headers[name]
