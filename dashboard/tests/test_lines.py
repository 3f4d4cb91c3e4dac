"""`/settings/lines`: the workspace's lines, and the sandbox's numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from calls import tasks
from calls.inbound_limits import InboundLimits, read
from calls.models import PhoneLine
from calls.services import shield
from dashboard.forms.lines import KEPT
from dashboard.views import lines


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.check_line, "delay", lambda **options: None)


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


SIP: Final = {
    "name": "Main trunk",
    "domain": "sip.carrier.example.com",
    "transport": "tls",
    "srtp": "off",
    "username": "acme",
    "password": "s3cret",
    "numbers": "+1 415 555 0101\n+14155550102",
    "max_live_calls": "10",
    "calls_per_second": "5",
    "calls_per_hour": "12",
    "cost_per_day": "2.50",
    "silent_after": "10",
    "blocked": "+1900*\n +14155550123 ",
}


def test_a_trunk_is_added_changed_and_removed(browser: Client, account: Account) -> None:
    added = browser.post("/settings/lines/new/sip", SIP, follow=True)
    line = PhoneLine.objects.get()
    changed = browser.post(
        f"/settings/lines/{line.public_id}/edit", {**SIP, "name": "Trunk", "password": KEPT}, follow=True
    )

    assert "Main trunk" in added.content.decode()
    assert "Trunk" in changed.content.decode()
    line.refresh_from_db()
    assert (line.name, line.secret, line.transport) == ("Trunk", "s3cret", "tls")
    assert [number.number for number in line.line_numbers.all()] == ["+14155550101", "+14155550102"]
    assert "s3cret" not in browser.get(f"/settings/lines/{line.public_id}/edit").content.decode()

    assert read(line.inbound_limits) == InboundLimits(12, None, 2_500_000, 10, False, ("+1900*", "+14155550123"))

    browser.post(f"/settings/lines/{line.public_id}/delete", {"confirm": ""})
    assert not PhoneLine.objects.existing().exists()


def test_twilio_is_added_and_made_the_default(browser: Client, account: Account, settings: Any) -> None:
    settings.TWILIO_API_URL = "http://127.0.0.1:1"
    browser.post("/settings/lines/new/sip", SIP)
    browser.post(
        "/settings/lines/new/twilio",
        {**SIP, "name": "Twilio", "account_sid": "AC" + "0" * 32, "auth_token": "t0ken", "numbers": "+14155550103"},
    )
    twilio = PhoneLine.objects.get(kind="twilio")

    page = browser.post(f"/settings/lines/{twilio.public_id}/default", follow=True).content.decode()

    assert PhoneLine.objects.get(is_default=True) == twilio
    assert "Twilio does not answer." in page
    form = browser.get(f"/settings/lines/{twilio.public_id}/edit").content.decode()
    assert f"{settings.PUBLIC_URL}/callbacks/twilio/lines/{twilio.public_id}/status" in form


@pytest.mark.parametrize(
    ("field", "value"), [("domain", "127.0.0.1"), ("numbers", "call me"), ("password", "two\nlines"), ("blocked", "*")]
)
def test_what_cannot_be_is_said_at_its_field(browser: Client, field: str, value: str) -> None:
    r = browser.post("/settings/lines/new/sip", {**SIP, field: value})

    assert r.status_code == 200
    assert r.context["form"].errors.keys() == {field}
    assert not PhoneLine.objects.exists()


def test_who_was_turned_away(browser: Client) -> None:
    browser.post("/settings/lines/new/sip", SIP)
    line = PhoneLine.objects.get()
    for word in ("blocked_caller", "called_enough", "blocked_caller"):
        shield.count_refusal(line=line, word=word, at=timezone.now())

    page = browser.get(f"/settings/lines/{line.public_id}/edit")

    assert [count for _, count in page.context["turned_away"]] == [2, 1]
    assert "The caller is blocked." in page.content.decode()


def test_viewers_change_nothing(account: Account, log_in: Callable[..., Client]) -> None:
    viewer = log_in(account, "viewer")

    assert "/settings/lines/new/sip" not in viewer.get("/settings/lines").content.decode()
    assert viewer.post("/settings/lines/new/sip", SIP).status_code == 403


def test_another_workspaces_line_does_not_exist(
    account: Account, other_account: Account, browser: Client, log_in: Callable[..., Client]
) -> None:
    browser.post("/settings/lines/new/sip", SIP)
    line = PhoneLine.objects.get()

    assert log_in(other_account).post(f"/settings/lines/{line.public_id}/check").status_code == 404
