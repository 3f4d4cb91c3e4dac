"""The client for asyncio."""

from __future__ import annotations

import asyncio
from os import PathLike
from types import TracebackType
from typing import Any, BinaryIO, Callable, Mapping, Optional, Type, TypeVar, Union

import httpx

from vaniagent import downloads
from vaniagent.answers import Attempt, RawResponse
from vaniagent.async_resources import (
    AsyncAccountResource,
    AsyncAgents,
    AsyncBatches,
    AsyncCalls,
    AsyncDialChecks,
    AsyncDialingRulesResource,
    AsyncDoNotCall,
    AsyncPhoneLines,
    AsyncVoices,
    AsyncWebhookDeliveries,
    AsyncWebhookEndpoints,
)
from vaniagent.client import as_it_is
from vaniagent.errors import APIConnectionError
from vaniagent.settings import MAX_RETRIES, TIMEOUT, Request, Settings, make_settings, proxied

T = TypeVar("T")


class AsyncVaniAgent:
    """The VaniAgent API for asyncio: everything that `VaniAgent` has, with `await` and `async for`.

    async with AsyncVaniAgent(api_key="YOUR_API_KEY") as client:
        call = await client.calls.create(agent_id="agent_abc123", to_number="+1234567890")
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
        http_client: Optional[httpx.AsyncClient] = None,
        feed_options: Optional[Mapping[str, Any]] = None,
    ) -> None:
        settings = make_settings(
            api_key=api_key, base_url=base_url, timeout=timeout, max_retries=max_retries, headers=headers
        )
        self._owns_http = http_client is None
        if http_client is None:
            transport = httpx.AsyncHTTPTransport(proxy=proxied(proxy)) if proxy else None
            http_client = httpx.AsyncClient(transport=transport) if transport else httpx.AsyncClient()
        self._set_up(settings, http_client, feed_options or {})

    def _set_up(self, settings: Settings, http: httpx.AsyncClient, feed_options: Mapping[str, Any]) -> None:
        self.settings = settings
        # The client that gives models, also behind `with_raw_response`.
        self.plain: AsyncVaniAgent = self
        # What `websockets` is told besides when the live feed is opened, such as `ssl` or `proxy`.
        self.feed_options = feed_options
        self._http = http
        self.account = AsyncAccountResource(self)
        self.agents = AsyncAgents(self)
        self.calls = AsyncCalls(self)
        self.phone_lines = AsyncPhoneLines(self)
        self.batches = AsyncBatches(self)
        self.dial_checks = AsyncDialChecks(self)
        self.dialing_rules = AsyncDialingRulesResource(self)
        self.do_not_call = AsyncDoNotCall(self)
        self.voices = AsyncVoices(self)
        self.webhook_deliveries = AsyncWebhookDeliveries(self)
        self.webhook_endpoints = AsyncWebhookEndpoints(self)

    def with_options(
        self,
        *,
        timeout: Union[float, httpx.Timeout, None] = None,
        max_retries: Optional[int] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> AsyncVaniAgent:
        """The same client with other options, on the same connections."""
        other = AsyncVaniAgent.__new__(AsyncVaniAgent)
        other._owns_http = False
        changed = self.settings.changed(timeout=timeout, max_retries=max_retries, headers=headers)
        other._set_up(changed, self._http, self.feed_options)
        return other

    def raw(self) -> AsyncRawClient:
        """The same client, giving answers with their headers."""
        return AsyncRawClient(self)

    async def close(self) -> None:
        """Close the connections, unless they are of an http_client of yours."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> AsyncVaniAgent:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncVaniAgent(base_url={self.settings.base_url!r})"

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, Any]] = None,
        body: Optional[Mapping[str, Any]] = None,
        idempotency_key: Optional[str] = None,
    ) -> Any:
        """Ask for anything below `/v1`, such as what this version has no method for, and get its JSON."""
        return await self.perform(Request(method, path, query or {}, body, idempotency_key), as_it_is)

    async def perform(self, asked: Request, parse: Callable[[Any], T]) -> T:
        """What a resource's method does: send it as often as it takes, and parse the answer."""
        return (await self.send(asked, parse)).parse()

    async def download(self, url: str, to: Union[str, PathLike[str], BinaryIO]) -> int:
        """Write what is behind a signed link to a path or an open file; gives how many bytes it has.

        The key is not sent along.
        """
        with downloads.target(to) as file, downloads.typed_faults():
            stream = self._http.stream("GET", url, timeout=self.settings.timeout, follow_redirects=False)
            async with stream as response:
                if not response.is_success:
                    await response.aread()
                downloads.check(response)
                return sum([file.write(part) async for part in response.aiter_bytes()])

    async def send(self, asked: Request, parse: Callable[[Any], T]) -> RawResponse[T]:
        """The answer with its headers. Raises the typed error where there is no good one."""
        headers = asked.headers(self.settings)
        for number in range(self.settings.max_retries + 1):
            attempt = Attempt(asked, number, self.settings)
            try:
                response = await self._http.request(
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
            await asyncio.sleep(pause or 0.0)
        raise APIConnectionError("No attempt was made")  # pragma: no cover - the last attempt gives or raises


class AsyncRawClient(AsyncVaniAgent):
    """Gives answers with their headers: behind `with_raw_response`."""

    def __init__(self, client: AsyncVaniAgent) -> None:
        self._owns_http = False
        self._set_up(client.settings, client._http, client.feed_options)
        self.plain = client.plain

    async def perform(self, asked: Request, parse: Callable[[Any], T]) -> Any:
        return await self.send(asked, parse)
