"""The bases of anticipated failures. The edge of /v1 turns each into its status and envelope.

A module that can fail in a way its callers should know defines its own exception below one of these. What is not
below `ServiceError` is a bug and becomes a 500.
"""

from __future__ import annotations


class ServiceError(Exception):
    """An anticipated failure. `message` is for people; `param` names the field at fault."""

    status = 500
    code = "internal_error"
    type = "api_error"

    def __init__(self, message: str, *, param: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after = retry_after


class Unavailable(ServiceError):
    """It cannot be done now, through no fault of the caller's, and trying again can help (503)."""

    status = 503


class BadAnswer(ServiceError):
    """Somebody whom we had to ask refused, and trying again does not help (502)."""

    status = 502


class InvalidRequest(ServiceError):
    """The caller asked for something that cannot be (400)."""

    status = 400
    code = "invalid_request"
    type = "validation_error"


class NotAuthenticated(ServiceError):
    """Nobody we know (401)."""

    status = 401
    code = "authentication_failed"
    type = "authentication_error"


class PermissionDenied(ServiceError):
    """Somebody we know, who may not (403)."""

    status = 403
    code = "authentication_failed"
    type = "permission_error"


class PaymentRequired(ServiceError):
    """Credits are lacking (402)."""

    status = 402
    code = "insufficient_credits"
    type = "billing_error"


class NotFound(ServiceError):
    """There is no such thing, or it is somebody else's (404)."""

    status = 404
    code = "resource_not_found"
    type = "not_found_error"


class Conflict(ServiceError):
    """It collides with a request that came before (409)."""

    status = 409
    code = "invalid_request"
    type = "idempotency_error"


class TooMany(ServiceError):
    """Past a limit (429)."""

    status = 429
    code = "rate_limit_exceeded"
    type = "rate_limit_error"
