"""What all resources share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional, Type, TypeVar, Union
from urllib.parse import quote

from vaniagent.errors import VaniAgentError
from vaniagent.models.base import Model
from vaniagent.not_given import NotGiven
from vaniagent.pagination import Page
from vaniagent.settings import Request

if TYPE_CHECKING:
    from vaniagent.client import VaniAgent

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class Resource:
    """A part of the API, reached through its client."""

    def __init__(self, client: VaniAgent) -> None:
        self._client = client

    def _request(
        self,
        parse: Callable[[Any], T],
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, Any]] = None,
        body: Optional[Mapping[str, Any]] = None,
        idempotency_key: Optional[str] = None,
    ) -> T:
        return self._client.perform(Request(method, path, query or {}, body, idempotency_key), parse)

    def _page(self, model: Type[M], path: str, query: Mapping[str, Any]) -> Page[M]:
        return self._request(pages_of(self._client.plain, model, path, query), "GET", path, query=query)


def pages_of(client: VaniAgent, model: Type[M], path: str, query: Mapping[str, Any]) -> Callable[[Any], Page[M]]:
    """What makes a page of an answer; the page asks the client for those that follow."""

    def turn(offset: int) -> Page[M]:
        return client.perform(Request("GET", path, {**query, "offset": offset}, None, None), parse)

    def parse(body: Any) -> Page[M]:
        return Page(body, model, turn)

    return parse


def segment(value: str) -> str:
    """An id as a part of a path. Raises VaniAgentError for one that would lead elsewhere, such as an empty one."""
    if not value or value in (".", ".."):
        raise VaniAgentError("An id is empty")
    return quote(value, safe="")


def time_text(moment: Union[datetime, str]) -> str:
    """As the API takes times. Raises VaniAgentError for a datetime without a zone, which could be any time."""
    if isinstance(moment, str):
        return moment
    if moment.tzinfo is None:
        raise VaniAgentError("A datetime needs a time zone, such as datetime.now(timezone.utc)")
    return moment.isoformat()


def time_given(moment: Union[datetime, str, NotGiven, None]) -> Union[str, NotGiven, None]:
    """Likewise, where it may be null or left out."""
    return time_text(moment) if isinstance(moment, (datetime, str)) else moment


def nothing(body: Any) -> None:
    """What an answer without content is."""
