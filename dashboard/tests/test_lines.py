"""`/settings/lines`: the sandbox's numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Account
from dashboard.views import lines


def test_every_number_of_the_sandbox_is_told(browser: Client) -> None:
    text = browser.get("/settings/lines").content.decode()

    for last in range(1, 10):
        assert f"+1500555000{last}" in text


def test_whoever_may_place_calls_can_call_them(
    account: Account, log_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "_place_url", lambda: "/calls/new")

    assert 'href="/calls/new?to=%2B15005550001"' in log_in(account, "developer").get("/settings/lines").content.decode()
    assert "/calls/new?" not in log_in(account, "viewer").get("/settings/lines").content.decode()
