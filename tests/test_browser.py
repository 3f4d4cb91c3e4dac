"""The browser that tests drive is there, and reaches nothing but this machine."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from playwright.sync_api import Error, Page

from accounts.models import Account

pytestmark = pytest.mark.system


def test_it_runs_scripts_while_a_test_uses_the_database(page: Page, account: Account) -> None:
    assert page.evaluate("6 * 7") == 42
    assert Account.objects.get() == account


def test_a_service_may_wait_for_a_coroutine_while_a_page_is_open(page: Page) -> None:
    async def answer() -> int:
        return 42

    assert async_to_sync(answer)() == 42
    assert page.evaluate("6 * 7") == 42


def test_it_reaches_nothing_but_this_machine(page: Page) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.com/")
