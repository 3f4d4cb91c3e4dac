"""The web process itself, asked over a socket: what Daphne alone decides."""

from __future__ import annotations

import json
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


def ask(url: str, request: bytes) -> tuple[bytes, bytes]:
    """The head and body of what the server says to these bytes, before it closes."""
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(request)
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    return head, body


HOST = b"Host: 127.0.0.1\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET /v1/agents\r\n\r\n", 400),
        (b"GET /v1/\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET /v1/calls?q=\xff HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET /v1/agents HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET /v1/agents HTTP/1.1\r\nX-Bad: a\x00b\r\n\r\n", 400),
        (b"GET /v1/agents HTTP/1.1\r\nX Bad: a\r\n" + HOST + b"\r\n", 400),
        (b"POST /v1/agents HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400),
        (b"POST /v1/agents HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"POST /v1/agents HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n", 400),
        (b"POST /v1/agents HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET /v1/" + b"a" * 17_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431),
        (b"GET /v1/agents HTTP/1.1\r\nX-Long: " + b"a" * 17_000 + b"\r\n\r\n", 431),
        (b"GET /v1/agents HTTP/1.1\r\n" + b"X-Many: a\r\n" * 501 + b"\r\n", 431),
        (b"GET /v1/agents HTTP/1.1\r\n" + (b"X-Long: " + b"a" * 1000 + b"\r\n") * 17 + b"\r\n", 431),
    ],
)
def test_what_is_no_http_is_refused_in_the_envelope(url: str, request_bytes: bytes, status: int) -> None:
    head, body = ask(url, request_bytes)

    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert head.count(b"HTTP/1.1") == 1
    assert b"X-Request-Id: req_" in head
    error = json.loads(body)["error"]
    assert list(error) == ["code", "message", "param", "type"]
    assert (error["code"], error["type"]) == ("invalid_request", "validation_error")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://127.0.0.1/healthz", 200),
        ("HTTP://localhost:8000/healthz", 200),
        ("http://127.0.0.1/v1/agents?limit=1", 401),
        ("http://somewhere.example/v1/agents", 400),
    ],
)
def test_an_address_may_be_absolute(url: str, target: str, status: int) -> None:
    """The host that counts is the one in the address (RFC 9112, section 3.2.2)."""
    head, _ = ask(url, f"GET {target} HTTP/1.1\r\nHost: ignored.example\r\nConnection: close\r\n\r\n".encode())

    assert head.startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize("path", ["//v1/agents", "///v1", "//v1"])
def test_too_many_slashes(url: str, path: str) -> None:
    head, body = ask(url, f"GET {path} HTTP/1.1\r\n".encode() + HOST + b"\r\n")

    assert head.startswith(b"HTTP/1.1 404 ")
    assert json.loads(body)["error"]["code"] == "resource_not_found"


@pytest.mark.parametrize("root", ["http://elsewhere.example", "/v1", "/elsewhere"])
def test_nobody_says_where_our_addresses_begin(url: str, root: str) -> None:
    answer = requests.get(f"{url}/v1/account", headers={"Daphne-Root-Path": root}, timeout=10)
    page = requests.get(f"{url}/calls", headers={"Daphne-Root-Path": root}, allow_redirects=False, timeout=10)

    assert answer.status_code == 401
    assert error_of(answer)["code"] == "authentication_failed"
    assert page.headers["Location"] == "/accounts/login/?next=/calls"
