"""What can go wrong, one class for each thing that a program may want to treat by itself.

VaniAgentError
    ConfigurationError            the client was made wrongly
    WaitTimeoutError              `calls.wait` waited long enough
    WebhookVerificationError      a webhook that is not ours, or not of now
    APIError                      a request did not succeed
        APIConnectionError        no whole answer came
            APITimeoutError       not in time
        APIStatusError            the server refused, or failed
            InvalidRequestError   400, 405, 413, 415, 431
            AuthenticationError   401
            InsufficientCreditsError  402
            PermissionDeniedError 403
            NotFoundError         404
            ConflictError         409
            RateLimitError        429
            InternalServerError   500 and above
"""

from __future__ import annotations

from typing import Any, Mapping, Optional, Type


class VaniAgentError(Exception):
    """The base of all errors of this package."""


class ConfigurationError(VaniAgentError):
    """The client cannot work as it was made, such as without an API key."""


class WaitTimeoutError(VaniAgentError):
    """What was waited for did not happen in time. It may still happen."""


class WebhookVerificationError(VaniAgentError):
    """The body was not signed with this secret, or not within the tolerance. Do not trust it."""


class APIError(VaniAgentError):
    """A request did not succeed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class APIConnectionError(APIError):
    """No whole answer came. Whether the request was done is not known; a POST is safe to repeat with its key."""


class APITimeoutError(APIConnectionError):
    """No answer came in time."""


class APIStatusError(APIError):
    """The server's word that it did not do what was asked."""

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        code: Optional[str] = None,
        type: Optional[str] = None,  # the name that the API gives it
        param: Optional[str] = None,
        request_id: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.code = code
        self.type = type
        self.param = param
        self.request_id = request_id
        self.headers: Mapping[str, str] = headers or {}

    def __str__(self) -> str:
        about = [f"status {self.status_code}"]
        about += [f"{name} {value}" for name, value in (("code", self.code), ("param", self.param)) if value]
        if self.request_id:
            about.append(f"request id {self.request_id}")
        return f"{self.message} ({', '.join(about)})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    @property
    def retry_after(self) -> Optional[float]:
        """How many seconds to wait before trying again, where the server said so."""
        from vaniagent.retries import retry_after

        return retry_after(self.headers)


class InvalidRequestError(APIStatusError):
    """Something in the request is not valid; `param` says what."""


class AuthenticationError(APIStatusError):
    """The API key is missing, mistyped, revoked or expired."""


class InsufficientCreditsError(APIStatusError):
    """The credits do not cover this."""


class PermissionDeniedError(APIStatusError):
    """The API key is valid and may not do this."""


class NotFoundError(APIStatusError):
    """There is no such thing, or it is another account's."""


class ConflictError(APIStatusError):
    """An idempotency key was used for another request, or its first request is still running."""


class RateLimitError(APIStatusError):
    """Past a limit: of requests, or of live calls."""


class InternalServerError(APIStatusError):
    """A fault of ours. If it stays, tell support the request id."""


BY_STATUS: Mapping[int, Type[APIStatusError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    402: InsufficientCreditsError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: InvalidRequestError,
    409: ConflictError,
    413: InvalidRequestError,
    415: InvalidRequestError,
    429: RateLimitError,
    431: InvalidRequestError,
    500: InternalServerError,
}
BY_TYPE: Mapping[str, Type[APIStatusError]] = {
    "validation_error": InvalidRequestError,
    "authentication_error": AuthenticationError,
    "billing_error": InsufficientCreditsError,
    "permission_error": PermissionDeniedError,
    "not_found_error": NotFoundError,
    "idempotency_error": ConflictError,
    "rate_limit_error": RateLimitError,
    "api_error": InternalServerError,
}
# The status that goes with a type, for errors that come over the live feed.
STATUS_OF_TYPE: Mapping[str, int] = {
    "validation_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "idempotency_error": 409,
    "rate_limit_error": 429,
    "api_error": 500,
}


def from_answer(status_code: int, body: Any, headers: Mapping[str, str]) -> APIStatusError:
    """The error that an answer stands for, whoever gave it: the API, or something on the way to it."""
    from vaniagent.models.base import as_object

    error = as_object(as_object(body).get("error"))
    kind = BY_STATUS.get(status_code)
    if kind is None:
        kind = InternalServerError if status_code >= 500 else APIStatusError
    return kind(
        str(error.get("message") or f"The server answered {status_code}"),
        status_code=status_code,
        code=error.get("code"),
        type=error.get("type"),
        param=error.get("param"),
        request_id=headers.get("x-request-id"),
        headers=headers,
    )


def from_feed(error: Mapping[str, Any]) -> APIStatusError:
    """The error that a frame of the live feed stands for."""
    kind = str(error.get("type"))
    return BY_TYPE.get(kind, APIStatusError)(
        str(error.get("message") or "The feed reported an error"),
        status_code=STATUS_OF_TYPE.get(kind, 400),
        code=error.get("code"),
        type=error.get("type"),
        param=error.get("param"),
    )
