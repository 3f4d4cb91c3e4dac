"""The snippets in a page of another origin, in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page

from calls.models import Call
from tests import snippets
from tests.test_snippets import FOLLOWED, SNIPPETS, call, following, is_the_call, is_the_conversation, place, port

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]
__all__ = ["call", "place", "port"]  # fixtures


@pytest.fixture
def shop() -> Iterator[Any]:
    """A customer's own site: one page, with the script that it is given."""

    class Handler(BaseHTTPRequestHandler):
        script = ""

        def do_GET(self) -> None:
            page = f"<!doctype html><title>Shop</title><script type=module>{self.script}</script>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def run_in_page(page: Page, shop: Any, snippet: str, *, lines: int) -> list[str]:
    """What the script wrote to the console, so many lines."""
    shop.RequestHandlerClass.script = snippet
    written: list[str] = []
    page.on("console", lambda message: written.append(message.text))
    page.goto(f"http://localhost:{shop.server_port}/")
    for _ in range(lines - len(written)):
        if len(written) < lines:
            page.wait_for_event("console")
    return written


def test_fetch(page: Page, shop: Any, place: snippets.Place) -> None:
    snippet = place.fill(SNIPPETS["Make an agent and place a call with fetch"])

    call, limit = run_in_page(page, shop, snippet, lines=2)

    is_the_call(call)
    assert limit == "60"


def test_websocket(page: Page, shop: Any, place: snippets.Place, call: Call) -> None:
    snippet = following(place, call, "Follow a call in a browser")

    is_the_conversation(run_in_page(page, shop, snippet, lines=len(FOLLOWED)))
