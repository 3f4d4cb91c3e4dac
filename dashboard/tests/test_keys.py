"""`/settings/keys`: made, shown once, revoked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from accounts import services as accounts
from accounts.models import Account, ApiKey, AuditEntry

HOSTILE = "<script>alert(1)</script>"
BODY = {"name": "Till", "mode": "live", "scopes": ["read", "calls"], "expires": "never"}


def test_a_key_is_shown_once_and_works(browser: Client, account: Account) -> None:
    response = browser.post("/settings/keys", BODY)

    key = ApiKey.objects.for_account(account).get()
    text = response.context["text"]
    assert text in response.content.decode()
    assert response.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert (key.name, key.mode, key.scopes, key.expires_at) == ("Till", "live", ["read", "calls"], None)
    answer = Client().get("/v1/account", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200
    again = browser.get("/settings/keys").content.decode()
    assert text not in again
    assert f"va_live_…{key.last4}" in again


def test_making_and_revoking_stand_in_the_audit_log(browser: Client, account: Account) -> None:
    browser.post("/settings/keys", BODY)
    key = ApiKey.objects.for_account(account).get()

    assertRedirects(browser.post(f"/settings/keys/{key.public_id}/revoke"), "/settings/keys")

    key.refresh_from_db()
    assert key.revoked_at is not None
    entries = AuditEntry.objects.for_account(account).order_by("pk")
    assert [(entry.action, entry.target) for entry in entries] == [
        ("key.created", key.public_id),
        ("key.revoked", key.public_id),
    ]
    assert key.name in browser.get("/settings/keys?status=revoked").content.decode()


def test_a_key_gets_the_expiry_that_was_chosen(browser: Client, account: Account) -> None:
    browser.post("/settings/keys", {**BODY, "mode": "test", "expires": "30"})

    key = ApiKey.objects.for_account(account).get()
    assert key.expires_at is not None
    assert abs(key.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)


def test_revoking_asks_first(browser: Client, account: Account) -> None:
    key, _ = accounts.create_api_key(account=account, mode="live", name="Till")

    response = browser.get(f"/settings/keys/{key.public_id}/revoke")

    assert "Revoke Till?" in response.content.decode()
    key.refresh_from_db()
    assert key.revoked_at is None


def test_what_makes_no_key_is_said(browser: Client, account: Account) -> None:
    response = browser.post("/settings/keys", {**BODY, "scopes": ["root"], "name": ""})

    assert list(response.context["form"].errors) == ["name", "scopes"]
    assert not ApiKey.objects.exists()


def test_a_developer_makes_no_key_that_reaches_money(account: Account, log_in: Callable[..., Client]) -> None:
    developer = log_in(account, "developer")

    page = developer.get("/settings/keys")
    response = developer.post("/settings/keys", {**BODY, "scopes": ["read", "admin"]})

    assert 'value="calls"' in page.content.decode()
    assert 'value="admin"' not in page.content.decode()
    assert list(response.context["form"].errors) == ["scopes"]
    assert not ApiKey.objects.exists()
    developer.post("/settings/keys", BODY)
    assert ApiKey.objects.get().scopes == ["read", "calls"]


def test_too_many_keys_are_refused_in_words(browser: Client, account: Account, monkeypatch: Any) -> None:
    monkeypatch.setattr(accounts, "MAX_KEYS_PER_ACCOUNT", 1)
    browser.post("/settings/keys", BODY)

    response = browser.post("/settings/keys", BODY)

    assert "at most 1 keys" in response.content.decode()
    assert ApiKey.objects.count() == 1


def test_another_workspace_s_key_is_not_revoked(browser: Client, other_account: Account) -> None:
    key, _ = accounts.create_api_key(account=other_account, mode="live")

    assert browser.post(f"/settings/keys/{key.public_id}/revoke").status_code == 404

    key.refresh_from_db()
    assert key.revoked_at is None


def test_a_viewer_sees_no_keys(account: Account, log_in: Callable[..., Client]) -> None:
    assert log_in(account, "viewer").get("/settings/keys").status_code == 403


def test_names_are_shown_as_text(browser: Client, account: Account) -> None:
    key, _ = accounts.create_api_key(account=account, mode="live", name=HOSTILE)

    for path in ("/settings/keys", f"/settings/keys/{key.public_id}/revoke"):
        text = browser.get(path).content.decode()
        assert HOSTILE not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_the_list_takes_the_same_queries_however_long(
    browser: Client, account: Account, django_assert_num_queries: Any
) -> None:
    for count in (5, 20):
        ApiKey.objects.bulk_create(
            ApiKey(account=account, mode="live", digest=f"{count}-{number}", last4="abcd") for number in range(count)
        )
        with django_assert_num_queries(5):
            browser.get("/settings/keys")
