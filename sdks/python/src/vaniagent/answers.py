"""From an HTTP answer to what the caller gets: a model, or an error."""

from __future__ import annotations

import logging
import time
import uuid
from typing import Any, Callable, Dict, Generic, Mapping, Optional, Tuple, TypeVar

import httpx

from vaniagent import errors, retries
from vaniagent.settings import Request, Settings

T = TypeVar("T")
log = logging.getLogger("vaniagent")

# The server gives it back: an answer that came twice is never taken for the next request's.
ECHOED = "X-Client-Request-Id"


class RawResponse(Generic[T]):
    """An answer with its headers; `parse()` gives what the plain method would have given."""

    def __init__(self, response: httpx.Response, body: Any, parse: Callable[[Any], T]) -> None:
        self.http_response = response
        self._body = body
        self._parse = parse

    @property
    def status_code(self) -> int:
        return self.http_response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self.http_response.headers

    @property
    def request_id(self) -> Optional[str]:
        return self.headers.get("x-request-id")

    @property
    def text(self) -> str:
        return self.http_response.text

    def json(self) -> Any:
        """The body as the server sent it."""
        return self._body

    def parse(self) -> T:
        return self._parse(self._body)

    def __repr__(self) -> str:
        return f"RawResponse(status_code={self.status_code}, request_id={self.request_id!r})"


class Attempt:
    """One sending of a request. Says what came of it, and whether to send it again."""

    def __init__(self, request: Request, number: int, settings: Settings) -> None:
        self._request = request
        self._number = number
        self._is_last = number >= settings.max_retries
        self._nonce = uuid.uuid4().hex
        self._began = time.monotonic()
        self.body: Any = None

    def headers(self) -> Dict[str, str]:
        """What this attempt has beside the request's own headers."""
        headers = {ECHOED: self._nonce}
        if self._number:
            # Whatever went wrong on a connection, it is not used any more.
            headers["Connection"] = "close"
        return headers

    def failed(self, fault: httpx.RequestError) -> float:
        """Seconds until the next one. Raises the typed error where there is none."""
        self._log(type(fault).__name__)
        in_vain = isinstance(fault, (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.TooManyRedirects))
        if self._is_last or in_vain:
            raise connection_error(fault) from fault
        return retries.pause(self._number) or 0.0

    def answered(self, response: httpx.Response) -> Optional[float]:
        """None where that is the answer, whose content is then in `body`; else seconds until the next attempt.

        Raises the typed error where there is none.
        """
        self._log(response.status_code, response.headers.get("x-request-id"))
        if response.headers.get(ECHOED, self._nonce) != self._nonce:
            return self._broken("The answer is another request's")
        self.body, is_whole = _content(response)
        if response.is_success:
            return None if is_whole else self._broken("The answer is not whole")
        again = None
        if not self._is_last and retries.is_worth_retrying(response.status_code, response.headers):
            again = retries.pause(self._number, response.headers)
        if again is None:
            raise errors.from_answer(response.status_code, self.body, response.headers)
        return again

    def _broken(self, message: str) -> float:
        if self._is_last:
            raise errors.APIConnectionError(message)
        return retries.pause(self._number) or 0.0

    def _log(self, outcome: object, request_id: Optional[str] = None) -> None:
        log.debug(
            "%s %s: %s in %.0f ms, attempt %d, request id %s",
            self._request.method,
            self._request.path,
            outcome,
            1000 * (time.monotonic() - self._began),
            self._number + 1,
            request_id,
        )


def _content(response: httpx.Response) -> Tuple[Any, bool]:
    """What the body says, and whether it is whole as far as can be seen."""
    if response.status_code == 204:
        return None, True
    if response.headers.get("content-type", "").startswith("text/csv"):
        return response.text, True
    try:
        return response.json(), True
    except ValueError:
        return None, False


def connection_error(fault: httpx.RequestError) -> errors.APIConnectionError:
    if isinstance(fault, httpx.TimeoutException):
        return errors.APITimeoutError("The server did not answer in time")
    return errors.APIConnectionError(f"The connection to the server failed: {type(fault).__name__}: {fault}")
