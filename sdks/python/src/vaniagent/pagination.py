"""Lists: one page at a time, and all of them by iterating."""

from __future__ import annotations

from typing import (
    Any,
    AsyncIterator,
    Awaitable,
    Callable,
    Dict,
    Generator,
    Generic,
    Iterator,
    List,
    Mapping,
    Set,
    Type,
    TypeVar,
)

from vaniagent.models.base import Model

M = TypeVar("M", bound=Model)


class PageContent(Generic[M]):
    """What a page holds: `data`, and where in the list it is."""

    data: List[M]
    total: int
    limit: int
    offset: int

    def __init__(self, body: Mapping[str, Any], model: Type[M]) -> None:
        self._body = body
        self.data = [model(row) for row in body["data"]]
        self.total = body["total"]
        self.limit = body["limit"]
        self.offset = body["offset"]

    @property
    def has_more(self) -> bool:
        """Whether rows follow this page's."""
        return bool(self.data) and self.offset + len(self.data) < self.total

    def to_dict(self) -> Dict[str, Any]:
        """The page as the server sent it."""
        return dict(self._body)

    def __repr__(self) -> str:
        shown = f"data=[{len(self.data)}], total={self.total}, limit={self.limit}, offset={self.offset}"
        return f"{type(self).__name__}({shown})"


class Page(PageContent[M]):
    """A page of a list. Iterating goes on to the pages that follow, and asks for each when it is reached."""

    def __init__(self, body: Mapping[str, Any], model: Type[M], turn: Callable[[int], Page[M]]) -> None:
        super().__init__(body, model)
        self._turn = turn

    def next_page(self) -> Page[M]:
        """The page that follows; without rows where there is none."""
        return self._turn(self.offset + len(self.data))

    def pages(self) -> Iterator[Page[M]]:
        """This page and those that follow."""
        page = self
        yield page
        while page.has_more:
            page = page.next_page()
            yield page

    def __iter__(self) -> Iterator[M]:
        news = Unseen()
        for page in self.pages():
            yield from news.of(page.data)


class AsyncPage(PageContent[M]):
    """As `Page`, with `async for`."""

    def __init__(self, body: Mapping[str, Any], model: Type[M], turn: Callable[[int], Awaitable[AsyncPage[M]]]) -> None:
        super().__init__(body, model)
        self._turn = turn

    async def next_page(self) -> AsyncPage[M]:
        """The page that follows; without rows where there is none."""
        return await self._turn(self.offset + len(self.data))

    async def pages(self) -> AsyncIterator[AsyncPage[M]]:
        """This page and those that follow."""
        page = self
        yield page
        while page.has_more:
            page = await page.next_page()
            yield page

    async def __aiter__(self) -> AsyncIterator[M]:
        news = Unseen()
        async for page in self.pages():
            for row in news.of(page.data):
                yield row


class PageRequest(Generic[M]):
    """A list asked for: `await` gives its first page, `async for` walks all rows."""

    def __init__(self, ask: Callable[[], Awaitable[AsyncPage[M]]]) -> None:
        self._ask = ask

    def __await__(self) -> Generator[Any, None, AsyncPage[M]]:
        return self._ask().__await__()

    async def __aiter__(self) -> AsyncIterator[M]:
        async for row in await self._ask():
            yield row


class Unseen:
    """Lists are newest first: a row that is new meanwhile moves others to the next page, where they come again."""

    def __init__(self) -> None:
        self._seen: Set[Any] = set()

    def of(self, rows: List[M]) -> Iterator[M]:
        """Those of the rows that did not come before."""
        for row in rows:
            key = getattr(row, "id", None) or getattr(row, "reference", None)
            if key is None or key not in self._seen:
                self._seen.add(key)
                yield row
