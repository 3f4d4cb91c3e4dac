"""What a web process keeps of a body that is too large."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ops.processes import LOOPBACK, free_port
from tests import web_processes

MIB = 1024 * 1024
UPLOADED = 200 * MIB
# What a process needs for other reasons meanwhile: its first request under /v1, Python's own buffers.
ROOM = 24 * MIB


@pytest.fixture
def web(db: None, tmp_path: Path) -> Iterator[tuple[int, psutil.Process]]:
    """A daphne's port and process."""
    log = tmp_path / "web.log"
    port = free_port(str(log))
    process = web_processes.start(web_processes.web_program(port), log, DATABASE_POOL_SIZE="6")
    try:
        web_processes.wait_until_it_answers(port, process, log)
        yield port, psutil.Process(process.pid)
    finally:
        web_processes.end(process)


@pytest.mark.parametrize("is_chunked", [True, False], ids=["chunked", "announced"])
def test_a_body_of_any_size_takes_no_memory(web: tuple[int, psutil.Process], is_chunked: bool) -> None:
    port, process = web
    # The first one makes what every later one needs, too.
    upload(port, 2 * MIB, is_chunked=is_chunked)
    before, most = process.memory_info().rss, 0
    is_over = threading.Event()

    def watch() -> None:
        nonlocal most
        while not is_over.wait(0.02):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        answer, error = upload(port, UPLOADED, is_chunked=is_chunked)
    finally:
        is_over.set()
        watcher.join()

    assert answer.status == 413
    assert (error["code"], error["type"]) == ("invalid_request", "validation_error")
    assert answer.headers["X-RateLimit-Limit"] == "100"
    assert answer.headers["X-Request-Id"]
    assert 0 < most < before + ROOM


def upload(port: int, size: int, *, is_chunked: bool) -> tuple[http.client.HTTPResponse, dict[str, Any]]:
    """The answer to a POST of so many bytes, and the error in it."""
    link = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
    parts = (b" " * MIB for _ in range(size // MIB))
    headers = {"Content-Type": "application/json"} | ({} if is_chunked else {"Content-Length": str(size)})
    link.request("POST", "/v1/calls", body=parts, headers=headers, encode_chunked=is_chunked)
    answer = link.getresponse()
    error: dict[str, Any] = json.loads(answer.read())["error"]
    link.close()
    return answer, error
