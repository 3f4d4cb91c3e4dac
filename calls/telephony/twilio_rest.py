"""Twilio's REST side: one request for each thing that is asked, in bounded time, and none is sent twice.

The SDK knows the addresses, the parameters and the errors; it sends by `_Once`. All of this waits: call it on a thread.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

API_URL: Final = "https://api.twilio.com"
CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 10.0
# A hang-up waits for nobody that long: what it does not reach is tried again.
HANG_UP_SECONDS: Final = 2.5
STATES: Final = ("initiated", "ringing", "answered", "completed")

# The call is over, or was never there.
_NOT_LIVE: Final = (20404, 21220)


class TwilioAway(Exception):
    """No answer came. What was asked may have been done."""


class TwilioRefused(Exception):
    """It was not done. `code` is Twilio's own, `status` that of HTTP; its words stay there: they may hold a number."""

    def __init__(self, status: int, code: int) -> None:
        super().__init__(f"Twilio {code or status}")
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Login:
    """An account with Twilio."""

    account_sid: str
    auth_token: str = field(repr=False)


@dataclass(frozen=True)
class NewCall:
    """What Twilio is to dial."""

    to_number: str = field(repr=False)
    from_number: str = field(repr=False)
    twiml: str = field(repr=False)
    status_url: str = field(repr=False)
    ring_timeout: int


class TwilioRest:
    """`api_url` is another than Twilio's only where a test plays its part."""

    def __init__(self, *, api_url: str = API_URL) -> None:
        self._api_url = api_url.rstrip("/")

    def dial(self, login: Login, call: NewCall) -> str:
        """Place a call. Gives Twilio's name for it. Raises TwilioRefused and TwilioAway."""
        with _errors():
            placed = self._client(login, ANSWER_SECONDS).calls.create(
                to=call.to_number,
                from_=call.from_number,
                twiml=call.twiml,
                timeout=call.ring_timeout,
                status_callback=call.status_url,
                status_callback_event=list(STATES),
                status_callback_method="POST",
            )
            return str(placed.sid)

    def hang_up(self, login: Login, sid: str) -> None:
        """End a call. Not an error: it is over. Raises TwilioRefused and TwilioAway."""
        try:
            with _errors():
                self._client(login, HANG_UP_SECONDS).calls(sid).update(status="completed")
        except TwilioRefused as refused:
            if refused.code not in _NOT_LIVE and refused.status != 404:
                raise

    def account_status(self, login: Login) -> str:
        """`active`, `suspended` or `closed`. Raises TwilioRefused and TwilioAway."""
        with _errors():
            account = self._client(login, ANSWER_SECONDS).api.v2010.accounts(login.account_sid).fetch()
            return str(account.status)

    def missing_numbers(self, login: Login, numbers: Sequence[str]) -> list[str]:
        """Those that the account has neither bought nor verified. Raises TwilioRefused and TwilioAway."""
        client = self._client(login, ANSWER_SECONDS)
        with _errors():
            return [
                number
                for number in numbers
                if not client.incoming_phone_numbers.list(phone_number=number, limit=1)
                and not client.outgoing_caller_ids.list(phone_number=number, limit=1)
            ]

    def _client(self, login: Login, seconds: float) -> Client:
        return Client(login.account_sid, login.auth_token, http_client=_Once(self._api_url, seconds))


class _Once(HttpClient):  # type: ignore[misc]  # the SDK has no types
    """Sends a request once, on a connection of its own, whatever comes of it."""

    def __init__(self, api_url: str, seconds: float) -> None:
        super().__init__(logging.getLogger(__name__), False, seconds)
        self._api_url = api_url
        self._seconds = seconds

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        sent: Any = {"params": params, "data": data, "headers": headers, "auth": auth}
        with requests.Session() as session:
            answer = session.request(
                method.upper(),
                self._api_url + uri.removeprefix(API_URL),
                **sent,
                timeout=(CONNECT_SECONDS, self._seconds),
                allow_redirects=False,
            )
        return Response(answer.status_code, answer.text, answer.headers)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except TwilioRestException as error:
        if error.status >= 500:
            raise TwilioAway(f"HTTP {error.status}") from None
        raise TwilioRefused(error.status, error.code or 0) from None
    except (requests.RequestException, TwilioException, ValueError) as error:
        # Its text may hold the address, and so the account.
        raise TwilioAway(type(error).__name__) from None
