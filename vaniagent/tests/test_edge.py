"""The web process itself, asked over a socket: what Daphne alone decides."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from vaniagent.edge import MOST_BODY_BYTES

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A web process of its own. Nothing asked here gets as far as the database."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "vaniagent.asgi:application"]
    web = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL)
    try:
        wait_until_it_answers(port, web)
        yield f"http://127.0.0.1:{port}"
    finally:
        web.kill()
        web.wait()


def wait_until_it_answers(port: int, web: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while web.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the web process does not answer; it ended with {web.poll()}")


def error_of(answer: requests.Response) -> Any:
    assert sorted(answer.json()["error"]) == ["code", "message", "param", "type"]
    assert answer.headers["X-Request-Id"]
    assert answer.headers["X-RateLimit-Limit"] == "100"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    return answer.json()["error"]


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=x", "multipart/form-data", "application/x-www-form-urlencoded"]
)
def test_a_form_is_no_business_of_the_servers(url: str, content_type: str) -> None:
    answer = requests.post(f"{url}/v1/agents", data=b"{}", headers={"Content-Type": content_type}, timeout=10)

    assert answer.status_code == 401
    assert error_of(answer)["code"] == "authentication_failed"


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 3 * MOST_BODY_BYTES])
def test_a_body_too_large(url: str, size: int) -> None:
    answer = requests.post(f"{url}/v1/agents", data=b" " * size, timeout=10)

    assert answer.status_code == 413
    assert error_of(answer)["code"] == "invalid_request"


def test_a_body_too_large_in_chunks(url: str) -> None:
    chunks = (b" " * 65_536 for _ in range(100))

    answer = requests.post(f"{url}/v1/agents", data=chunks, timeout=10)

    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/v1/%ff", "/v1/agents/%00", "/v1/../../etc/passwd"])
def test_no_such_address(url: str, path: str) -> None:
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 404")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b'"resource_not_found"' in body
