"""The client: what programs make once and keep."""

from __future__ import annotations

import time
from os import PathLike
from types import TracebackType
from typing import Any, BinaryIO, Callable, ContextManager, Mapping, Optional, Type, TypeVar, Union

import httpx

from vaniagent import downloads
from vaniagent.answers import Attempt, RawResponse
from vaniagent.errors import APIConnectionError
from vaniagent.resources.account import AccountResource
from vaniagent.resources.agents import Agents
from vaniagent.resources.batches import Batches
from vaniagent.resources.calls import Calls
from vaniagent.resources.dialing import DialChecks, DialingRulesResource, DoNotCall
from vaniagent.resources.phone_lines import PhoneLines
from vaniagent.resources.voices import Voices
from vaniagent.resources.webhooks import WebhookDeliveries, WebhookEndpoints
from vaniagent.settings import MAX_RETRIES, TIMEOUT, Request, Settings, make_settings, proxied

T = TypeVar("T")


class VaniAgent:
    """The VaniAgent API.

        client = VaniAgent(api_key="YOUR_API_KEY")
        call = client.calls.create(agent_id="agent_abc123", to_number="+1234567890")

    `api_key` and `base_url` (with `/v1`) come from VANIAGENT_API_KEY and VANIAGENT_BASE_URL where they are left out.
    `timeout` is in seconds for each attempt, or an httpx.Timeout; `max_retries` says how often a request that may
    succeed later is sent again. `http_client` is an httpx.Client of your own, for proxies, certificates or tests;
    `proxy` an address, where a proxy is all that is wanted. Threads may share a client.
    """

    def __init__(
        self,
        *,
        api_key: Optional[str] = None,
        base_url: Optional[str] = None,
        timeout: Union[float, httpx.Timeout] = TIMEOUT,
        max_retries: int = MAX_RETRIES,
        headers: Optional[Mapping[str, str]] = None,
        proxy: Optional[str] = None,
        http_client: Optional[httpx.Client] = None,
        feed_options: Optional[Mapping[str, Any]] = None,
    ) -> None:
        settings = make_settings(
            api_key=api_key, base_url=base_url, timeout=timeout, max_retries=max_retries, headers=headers
        )
        self._owns_http = http_client is None
        if http_client is None:
            http_client = httpx.Client(transport=httpx.HTTPTransport(proxy=proxied(proxy))) if proxy else httpx.Client()
        self._set_up(settings, http_client, feed_options or {})

    def _set_up(self, settings: Settings, http: httpx.Client, feed_options: Mapping[str, Any]) -> None:
        self.settings = settings
        # The client that gives models, also behind `with_raw_response`.
        self.plain: VaniAgent = self
        # What `websockets` is told besides when the live feed is opened, such as `ssl` or `proxy`.
        self.feed_options = feed_options
        self._http = http
        self.account = AccountResource(self)
        self.agents = Agents(self)
        self.calls = Calls(self)
        self.phone_lines = PhoneLines(self)
        self.batches = Batches(self)
        self.dial_checks = DialChecks(self)
        self.dialing_rules = DialingRulesResource(self)
        self.do_not_call = DoNotCall(self)
        self.voices = Voices(self)
        self.webhook_deliveries = WebhookDeliveries(self)
        self.webhook_endpoints = WebhookEndpoints(self)

    def with_options(
        self,
        *,
        timeout: Union[float, httpx.Timeout, None] = None,
        max_retries: Optional[int] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> VaniAgent:
        """The same client with other options, on the same connections: `client.with_options(timeout=5).calls...`."""
        changed = self.settings.changed(timeout=timeout, max_retries=max_retries, headers=headers)
        other = VaniAgent.__new__(VaniAgent)
        other._owns_http = False
        other._set_up(changed, self._http, self.feed_options)
        return other

    def raw(self) -> RawClient:
        """The same client, giving answers with their headers."""
        return RawClient(self)

    def close(self) -> None:
        """Close the connections, unless they are of an http_client of yours."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> VaniAgent:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"VaniAgent(base_url={self.settings.base_url!r})"

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, Any]] = None,
        body: Optional[Mapping[str, Any]] = None,
        idempotency_key: Optional[str] = None,
    ) -> Any:
        """Ask for anything below `/v1`, such as what this version has no method for, and get its JSON."""
        return self.perform(Request(method, path, query or {}, body, idempotency_key), as_it_is)

    def perform(self, asked: Request, parse: Callable[[Any], T]) -> T:
        """What a resource's method does: send it as often as it takes, and parse the answer."""
        return self.send(asked, parse).parse()

    def download(self, url: str, to: Union[str, PathLike[str], BinaryIO]) -> int:
        """Write what is behind a signed link to a path or an open file; gives how many bytes it has.

        The key is not sent along.
        """
        with downloads.target(to) as file, downloads.typed_faults(), self._open(url) as response:
            if not response.is_success:
                response.read()
            downloads.check(response)
            return sum(file.write(part) for part in response.iter_bytes())

    def _open(self, url: str) -> ContextManager[httpx.Response]:
        return self._http.stream("GET", url, timeout=self.settings.timeout, follow_redirects=False)

    def send(self, asked: Request, parse: Callable[[Any], T]) -> RawResponse[T]:
        """The answer with its headers. Raises the typed error where there is no good one."""
        headers = asked.headers(self.settings)
        for number in range(self.settings.max_retries + 1):
            attempt = Attempt(asked, number, self.settings)
            try:
                response = self._http.request(
                    asked.method,
                    self.settings.base_url + asked.path,
                    params=asked.query or None,
                    json=asked.body,
                    headers={**headers, **attempt.headers()},
                    timeout=self.settings.timeout,
                    follow_redirects=False,
                )
            except httpx.RequestError as fault:
                pause: Optional[float] = attempt.failed(fault)
            else:
                pause = attempt.answered(response)
                if pause is None:
                    return RawResponse(response, attempt.body, parse)
            time.sleep(pause or 0.0)
        raise APIConnectionError("No attempt was made")  # pragma: no cover - the last attempt gives or raises


class RawClient(VaniAgent):
    """Gives answers with their headers: behind `with_raw_response`."""

    def __init__(self, client: VaniAgent) -> None:
        self._owns_http = False
        self._set_up(client.settings, client._http, client.feed_options)
        self.plain = client.plain

    def perform(self, asked: Request, parse: Callable[[Any], T]) -> Any:
        return self.send(asked, parse)


def as_it_is(body: Any) -> Any:
    return body
