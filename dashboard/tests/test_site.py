"""Pages for everybody, and what every answer carries."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Account
from calls.models import LegHolder
from dashboard import standing

pytestmark = pytest.mark.django_db

PUBLIC = ["/", "/pricing", "/legal/terms", "/legal/privacy", "/status", "/accounts/login/", "/accounts/signup/"]


@pytest.mark.parametrize("path", PUBLIC)
def test_pages_for_everybody(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", [*PUBLIC, "/nothing"])
def test_the_policy_allows_nothing_inline(client: Client, path: str) -> None:
    response = client.get(path)

    policy = response.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'self' 'nonce-([^']+)'", policy).group(1)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert set(re.findall(r'<script[^>]* nonce="([^"]*)"', page)) == {nonce}
    assert not re.search(r"<script(?![^>]*nonce=)", page)
    assert not re.search(r"\s(style|on[a-z]+)=", page)


def test_prices_and_limits_are_those_in_force(client: Client, settings: Any) -> None:
    settings.CALL_PRICE_PER_MINUTE = "0.07"
    settings.SALES_EMAIL = "sales@voice.example"
    settings.SUPPORT_EMAIL = "help@voice.example"

    response = client.get("/pricing")

    assertContains(response, "$0.07")
    assertContains(response, "10,000")
    assertContains(response, 'href="mailto:sales@voice.example"')
    assertContains(response, 'href="mailto:help@voice.example"')


def test_nobody_is_named_whom_the_operator_does_not_name(client: Client) -> None:
    assertNotContains(client.get("/pricing"), "mailto:")


def test_the_operators_own_terms(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.LEGAL_TERMS_FILE = str(tmp_path / "terms.txt")
    (tmp_path / "terms.txt").write_text("Be kind.\n\n<b>Pay.</b>")

    response = client.get("/legal/terms")

    assertContains(response, "<p>Be kind.</p>")
    assertContains(response, "&lt;b&gt;Pay.&lt;/b&gt;")
    assertNotContains(response, "Apache")


def test_status_says_what_works(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "_speech_answers", lambda: True)
    LegHolder.objects.create(name="gateway-1", kind="gateway", seen_at=timezone.now(), max_legs=10)

    assertContains(client.get("/status"), "Everything works")


def test_status_says_what_does_not(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "_speech_answers", lambda: True)
    LegHolder.objects.create(
        name="gateway-1", kind="gateway", seen_at=timezone.now() - standing.SEEN_WITHIN, max_legs=10
    )

    assertContains(client.get("/status"), "Something does not work")


def test_components_are_shown_to_developers_alone(client: Client, settings: Any) -> None:
    assert client.get("/docs/design").status_code == 404

    settings.DEBUG = True

    assert client.get("/docs/design").status_code == 200


def test_the_theme_is_kept(client: Client) -> None:
    assertRedirects(client.post("/theme", {"theme": "dark", "next": "/pricing"}), "/pricing")
    assertContains(client.get("/pricing"), 'data-theme="dark"')

    client.post("/theme", {"theme": ""})
    assertNotContains(client.get("/pricing"), "data-theme")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "nowhere", "calls"])
def test_the_theme_leads_nowhere_else(client: Client, elsewhere: str) -> None:
    assertRedirects(client.post("/theme", {"theme": "dark", "next": elsewhere}), "/")


def test_times_are_in_the_zone_that_one_chose(browser: Client, account: Account) -> None:
    browser.cookies["time_zone"] = "Asia/Kolkata"

    assertRedirects(browser.post("/preferences", {"time_zone": "Europe/Berlin"}), "/preferences")

    assert browser.get("/preferences").wsgi_request.user.time_zone == "Europe/Berlin"
    assert browser.post("/preferences", {"time_zone": "Europe/Nowhere"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/accounts/email/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/password/change/"]
)
def test_the_pages_of_ones_log_in_are_in_the_frame(browser: Client, account: Account, path: str) -> None:
    response = browser.get(path)

    assertContains(response, account.name)
    assertContains(response, 'aria-current="page"', count=1)


def test_pages_are_compressed(client: Client) -> None:
    response = client.get("/pricing", headers={"Accept-Encoding": "gzip"})

    assert response.headers["Content-Encoding"] == "gzip"
