"""A frame that is too large closes the live feed with a code, however large it is, and is kept nowhere.

On a real web process: Daphne refuses the largest before the application hears of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from ops.processes import LOOPBACK
from tests.web_processes import web_process

pytestmark = pytest.mark.django_db(transaction=True)

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[int]:
    with web_process(tmp_path_factory.mktemp("web") / "web.log") as port:
        yield port


async def code_after(port: int, *parts: str) -> int | None:
    async with connect(f"ws://{LOOPBACK}:{port}/v1/ws", compression=None) as socket:
        try:
            await socket.send(parts if len(parts) > 1 else parts[0])
            async with asyncio.timeout(15):
                while True:
                    await socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


@pytest.mark.parametrize("size", [65 * 1024, 2 * MEBIBYTE, 20 * MEBIBYTE])
async def test_a_large_frame_is_abuse(port, size):
    assert await code_after(port, "x" * size) == 4429


async def test_so_is_a_message_that_is_large_in_its_parts(port):
    assert await code_after(port, *["x" * 60_000] * 40) == 4429


async def test_what_is_refused_is_not_kept(port):
    process = web_server(port)
    await code_after(port, "x" * 20 * MEBIBYTE)
    before = process.memory_info().rss

    for _ in range(5):
        assert await code_after(port, "x" * 20 * MEBIBYTE) == 4429

    assert process.memory_info().rss - before < 10 * MEBIBYTE


def web_server(port: int) -> psutil.Process:
    found = {it.pid for it in psutil.net_connections("tcp") if it.status == "LISTEN" and it.laddr == (LOOPBACK, port)}
    return psutil.Process(found.pop())
