"""A real browser for tests: Debian's Chromium, driven by Playwright. Tests that use it are marked `system`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any, Final

import pytest
from asgiref.sync import AsyncToSync
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright

from ops.chromium import CHROMIUM, OPTIONS

PATIENCE_MS: Final = 15_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a module. No test of the module may be `async`: Playwright's own loop is the running one."""
    with pytest.MonkeyPatch.context() as patched:
        # For that loop's sake Django takes every test for asynchronous code, which may neither touch the database
        # nor wait for a coroutine.
        patched.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        patched.setattr(AsyncToSync, "__call__", _beside_the_loop(AsyncToSync.__call__))
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
            yield chromium
            chromium.close()
            # Nor are the connections made meanwhile those that others here use, and close.
            connections.close_all()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page, with cookies and a cache of its own."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def _beside_the_loop(call: Any) -> Any:
    def called(*args: Any, **options: Any) -> Any:
        loop = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        try:
            return call(*args, **options)
        finally:
            asyncio._set_running_loop(loop)

    return called
