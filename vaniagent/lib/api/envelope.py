"""The one shape of everything that goes wrong under /v1."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from vaniagent.lib import errors, pool
from vaniagent.lib.api import requests

log = logging.getLogger(__name__)

CHALLENGE: Final = 'Bearer realm="vaniagent"'

# What a status means to a client, where nobody said it better.
_BY_STATUS: Final[Mapping[int, tuple[str, str, str]]] = {
    401: ("authentication_failed", "authentication_error", "Send your API key as 'Authorization: Bearer <key>'."),
    403: ("authentication_failed", "permission_error", "This key may not do that."),
    404: ("resource_not_found", "not_found_error", "There is nothing at this address."),
    405: ("invalid_request", "validation_error", "This address does not take this method."),
    409: ("invalid_request", "idempotency_error", "This collides with an earlier request."),
    413: ("invalid_request", "validation_error", "The body is too large: at most 1 MiB."),
    415: ("invalid_request", "validation_error", "Send the body as 'Content-Type: application/json'."),
    429: ("rate_limit_exceeded", "rate_limit_error", "Too many requests."),
}


class BodyTooLarge(errors.InvalidRequest):
    """A body above the limit."""

    status = 413


class ErrorAnswer(JsonResponse):
    """An answer in the envelope, made outside a view."""

    def __init__(self, error: errors.ServiceError) -> None:
        super().__init__(body_of(error), status=error.status, headers=headers_of(error))
        self.headers["Content-Length"] = str(len(self.content))


def body_of(error: errors.ServiceError) -> dict[str, Any]:
    return {"error": {"code": error.code, "message": error.message, "param": error.param, "type": error.type}}


def headers_of(error: errors.ServiceError) -> dict[str, str]:
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = CHALLENGE
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return headers


def handle_exception(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Django REST framework's exception handler: every failure of a view leaves in the envelope."""
    error = translate(exc, context["request"]._request)
    return Response(body_of(error), status=error.status, headers=headers_of(error))


def translate(exc: Exception, request: HttpRequest) -> errors.ServiceError:
    """Any exception as one of ours. What nobody anticipated is logged, and nothing of it is told."""
    if isinstance(exc, errors.ServiceError):
        return exc
    if isinstance(exc, exceptions.ValidationError):
        return invalid(exc)
    if isinstance(exc, (Http404, exceptions.NotFound)):
        return from_status(404, request)
    if isinstance(exc, PermissionDenied):
        return from_status(403, request)
    if isinstance(exc, RequestDataTooBig):
        return from_status(413, request)
    if isinstance(exc, SuspiciousOperation):
        return from_status(400, request)
    if isinstance(exc, exceptions.APIException):
        return from_status(exc.status_code, request)

    if pool.is_exhausted(exc):
        log.warning("No database connection became free in time")
        return errors.Unavailable(
            "There is more to do here than we can just now. Try again.", retry_after=pool.COME_BACK_AFTER
        )

    log.error("A request failed", exc_info=exc)
    return from_status(500, request)


def from_status(status: int, request: HttpRequest) -> errors.ServiceError:
    """The error of a bare status."""
    if status >= 500:
        quote = f"Something went wrong on our side. Tell support this request id: {requests.id_of(request)}."
        return _error(status, "internal_error", "api_error", quote)

    unreadable = ("invalid_request", "validation_error", "The request cannot be read.")
    return _error(status, *_BY_STATUS.get(status, unreadable))


def invalid(exc: exceptions.ValidationError) -> errors.InvalidRequest:
    """The first fault of a validation, with the path of its field."""
    path, detail = _first_fault(exc.detail)
    param = ".".join(path) or None
    if param is None:
        return errors.InvalidRequest(str(detail))
    if getattr(detail, "code", "") == "required":
        return errors.InvalidRequest(f"The '{param}' field is required", param=param)
    return errors.InvalidRequest(f"'{param}': {detail}", param=param)


def _error(status: int, code: str, kind: str, message: str) -> errors.ServiceError:
    error = errors.ServiceError(message)
    error.status, error.code, error.type = status, code, kind
    return error


def _first_fault(detail: Any) -> tuple[list[str], Any]:
    path: list[str] = []
    while isinstance(detail, (dict, list)):
        if isinstance(detail, dict):
            name, detail = next(iter(detail.items()))
            if name != "non_field_errors":
                path.append(str(name))
        else:
            # A list holds either faults, or one entry an item, empty where the item is fine.
            index, detail = next((pair for pair in enumerate(detail) if pair[1]), (0, "This is not valid."))
            if isinstance(detail, (dict, list)):
                path.append(str(index))
    return path, detail
