"""What all resources of `AsyncVaniAgent` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional, Type, TypeVar

from vaniagent.models.base import Model
from vaniagent.pagination import AsyncPage, PageRequest
from vaniagent.settings import Request

if TYPE_CHECKING:
    from vaniagent.async_client import AsyncVaniAgent

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class AsyncResource:
    """A part of the API, reached through its client."""

    def __init__(self, client: AsyncVaniAgent) -> None:
        self._client = client

    async def _request(
        self,
        parse: Callable[[Any], T],
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, Any]] = None,
        body: Optional[Mapping[str, Any]] = None,
        idempotency_key: Optional[str] = None,
    ) -> T:
        return await self._client.perform(Request(method, path, query or {}, body, idempotency_key), parse)

    def _page(self, model: Type[M], path: str, query: Mapping[str, Any]) -> PageRequest[M]:
        parse = pages_of(self._client.plain, model, path, query)
        return PageRequest(lambda: self._request(parse, "GET", path, query=query))


def pages_of(
    client: AsyncVaniAgent, model: Type[M], path: str, query: Mapping[str, Any]
) -> Callable[[Any], AsyncPage[M]]:
    """What makes a page of an answer; the page asks the client for those that follow."""

    async def turn(offset: int) -> AsyncPage[M]:
        return await client.perform(Request("GET", path, {**query, "offset": offset}, None, None), parse)

    def parse(body: Any) -> AsyncPage[M]:
        return AsyncPage(body, model, turn)

    return parse
