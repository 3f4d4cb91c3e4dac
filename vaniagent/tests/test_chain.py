"""Requests under /v1 go their own way, by whichever door they come."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import connections
from django.test import Client

from vaniagent import asgi

# Headers that only the pages' middleware gives.
OF_PAGES = {"vary", "x-frame-options"}


async def ask(path: str, *, query: bytes = b"", key: str = "") -> tuple[int, dict[str, str], bytes]:
    """The web process's answer to a GET: status, headers, body."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query,
        "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {key}".encode())],
    }
    web: Any = ApplicationCommunicator(asgi.application, scope)
    await web.send_input({"type": "http.request", "body": b""})
    start = await web.receive_output(timeout=5)
    body = await web.receive_output(timeout=5)
    await web.wait(timeout=5)
    return start["status"], {name.decode().lower(): value.decode() for name, value in start["headers"]}, body["body"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/v1/agents", "/v1/nothing"])
async def test_the_web_process_and_the_test_client_answer_alike(api: Any, path: str) -> None:
    status, headers, body = await ask(path, key=api.key)

    def ask_client() -> Any:
        try:
            return api.get(path)
        finally:
            # The test client leaves this thread's connection open, and the database could not be dropped.
            connections.close_all()

    client: Any = await sync_to_async(ask_client)()

    assert (status, body) == (client.status_code, client.content)
    assert sorted(headers) == sorted(name.lower() for name in client.headers)
    assert not OF_PAGES & set(headers)


@pytest.mark.django_db
def test_a_page_has_the_pages_middleware() -> None:
    r = Client().get("/admin/login/")

    assert {name.lower() for name in r.headers} > OF_PAGES
    assert r.headers["X-Request-Id"].startswith("req_")
    assert "X-RateLimit-Limit" not in r.headers


@pytest.mark.django_db(transaction=True)
async def test_a_query_that_is_no_text_is_answered_in_the_envelope(api: Any) -> None:
    status, headers, body = await ask("/v1/calls", query=b"\xff\xfe=1", key=api.key)

    assert status == 400
    assert b'"invalid_request"' in body
    assert headers["x-ratelimit-limit"] == "100"


@pytest.mark.django_db(transaction=True)
async def test_a_statement_is_streamed(api: Any) -> None:
    status, headers, body = await ask("/v1/account/statement", key=api.key)

    assert status == 200
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert body.startswith(b"time,")
