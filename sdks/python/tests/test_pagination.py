"""Lists that walk themselves."""

from __future__ import annotations

import asyncio
from typing import List

import httpx
import pytest

from vaniagent import AsyncVaniAgent, VaniAgent


class Rows:
    """A server with so many calls, of which one more comes in front after each page where it `grows`."""

    def __init__(self, count: int, grows: bool = False) -> None:
        self.ids = [f"call_{number}" for number in range(count)]
        self.asked: List[int] = []
        self._grows = grows

    def __call__(self, request: httpx.Request) -> httpx.Response:
        limit, offset = (int(request.url.params.get(name, default)) for name, default in (("limit", 20), ("offset", 0)))
        self.asked.append(offset)
        rows = [{"id": each} for each in self.ids[offset : offset + limit]]
        body = {"data": rows, "total": len(self.ids), "limit": limit, "offset": offset}
        if self._grows and len(self.asked) < 4:
            self.ids.insert(0, f"call_new_{len(self.asked)}")
        return httpx.Response(200, json=body)


def make(rows: Rows) -> VaniAgent:
    return VaniAgent(api_key="k", http_client=httpx.Client(transport=httpx.MockTransport(rows)))


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (20, 1), (21, 2), (45, 3)])
def test_iterating_walks_all_pages(count, pages):
    rows = Rows(count)

    assert [call.id for call in make(rows).calls.list(limit=20)] == rows.ids
    assert len(rows.asked) == pages


def test_a_page_says_where_it_is():
    page = make(Rows(45)).calls.list(limit=20, offset=20)

    assert (page.total, page.limit, page.offset, len(page.data)) == (45, 20, 20, 20)
    assert page.has_more
    assert [each.offset for each in page.pages()] == [20, 40]
    assert repr(page) == "Page(data=[20], total=45, limit=20, offset=20)"


def test_pages_are_asked_for_when_they_are_reached():
    rows = Rows(100)

    for number, _ in enumerate(make(rows).calls.list(limit=10)):
        if number == 12:
            break

    assert rows.asked == [0, 10]


def test_rows_that_come_meanwhile_repeat_none():
    rows = Rows(50, grows=True)
    before = list(rows.ids)

    assert [call.id for call in make(rows).calls.list(limit=10)] == before


def test_iterating_twice_gives_the_same():
    page = make(Rows(25)).calls.list()

    assert [call.id for call in page] == [call.id for call in page]


def test_the_filter_goes_along():
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.url.params))
        return httpx.Response(
            200, json={"data": [{"id": str(len(seen))}], "total": 2, "limit": 1, "offset": len(seen) - 1}
        )

    client = VaniAgent(api_key="k", http_client=httpx.Client(transport=httpx.MockTransport(answer)))

    assert len(list(client.calls.list(limit=1, status="completed"))) == 2
    assert seen == [{"limit": "1", "status": "completed"}, {"limit": "1", "status": "completed", "offset": "1"}]


def test_asyncio_awaits_a_page_and_iterates_over_all():
    rows = Rows(45)

    async def use() -> None:
        http = httpx.AsyncClient(transport=httpx.MockTransport(rows))
        async with AsyncVaniAgent(api_key="k", http_client=http) as client:
            assert (await client.calls.list()).total == 45
            assert [call.id async for call in client.calls.list()] == rows.ids
            assert [call.id async for call in await client.calls.list(limit=30)] == rows.ids

    asyncio.run(use())
