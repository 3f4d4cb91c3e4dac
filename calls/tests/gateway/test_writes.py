from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pytest

from calls.telephony import store
from calls.telephony.store import StoreAway, Writes


class Table:
    """Takes writes unless told to fail."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.fault: dict[str, Exception] = {}

    async def write(self, row: str) -> None:
        if row in self.fault:
            raise self.fault[row]
        self.rows.append(row)


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
async def writes() -> AsyncIterator[Writes]:
    async with asyncio.TaskGroup() as group:
        tasks: list[asyncio.Task[None]] = []

        async def run(work: Awaitable[None]) -> None:
            await work

        def spawn(work: Awaitable[None]) -> None:
            tasks.append(group.create_task(run(work)))

        yield Writes("call_1", spawn=spawn)
        for task in tasks:
            task.cancel()


async def test_keeps_the_order(writes, table):
    for row in ("ringing", "answered", "ended"):
        done = writes.put(lambda row=row: table.write(row))
    await done.wait()

    assert table.rows == ["ringing", "answered", "ended"]


async def test_waits_for_the_database(writes, table):
    table.fault["answered"] = StoreAway()
    writes.put(lambda: table.write("answered"))
    ended = writes.put(lambda: table.write("ended"))
    await asyncio.sleep(0.15)
    assert table.rows == []

    del table.fault["answered"]
    await asyncio.wait_for(ended.wait(), 5)

    assert table.rows == ["answered", "ended"]


async def test_a_write_that_can_never_be_holds_up_no_end(writes, table):
    table.fault["answered"] = ValueError("a bug")
    writes.put(lambda: table.write("answered"))
    ended = writes.put(lambda: table.write("ended"))
    await asyncio.wait_for(ended.wait(), 5)

    assert table.rows == ["ended"]


async def test_an_end_is_tried_whatever_the_fault(writes, table):
    table.fault["ended"] = ValueError("a bug, or so it looks")
    ended = writes.put(lambda: table.write("ended"), at_all_costs=True)
    await asyncio.sleep(0.15)

    table.fault.clear()
    await asyncio.wait_for(ended.wait(), 5)

    assert table.rows == ["ended"]


async def test_an_end_that_can_never_be_written_is_given_up(writes, table, monkeypatch):
    monkeypatch.setattr(store, "MOST_FAILURES", 3)
    table.fault["ended"] = ValueError("a bug")
    ended = writes.put(lambda: table.write("ended"), at_all_costs=True)
    after = writes.put(lambda: table.write("after"))
    await asyncio.wait_for(ended.wait(), 5)
    await asyncio.wait_for(after.wait(), 5)

    assert table.rows == ["after"]


async def test_an_end_waits_for_the_database_however_long(writes, table, monkeypatch):
    monkeypatch.setattr(store, "MOST_FAILURES", 1)
    monkeypatch.setattr(store, "RETRY_MOST", 0.05)
    monkeypatch.setattr(store, "RETRY_FIRST", 0.01)
    table.fault["ended"] = StoreAway()
    ended = writes.put(lambda: table.write("ended"), at_all_costs=True)
    await asyncio.sleep(0.3)
    assert not ended.is_set()

    table.fault.clear()
    await asyncio.wait_for(ended.wait(), 5)

    assert table.rows == ["ended"]
