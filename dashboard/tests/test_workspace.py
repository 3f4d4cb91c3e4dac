"""`/settings/workspace`: renaming, a further one, closing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client
from pytest_django.asserts import assertRedirects

from accounts import workspaces
from accounts.models import Account, AuditEntry, Membership

HOSTILE = "<script>alert(1)</script>"


def test_admins_rename_it(account: Account, log_in: Callable[..., Client]) -> None:
    assertRedirects(
        log_in(account, "admin").post("/settings/workspace", {"name": " New   name "}), "/settings/workspace"
    )

    account.refresh_from_db()
    assert account.name == "New name"
    assert AuditEntry.objects.for_account(account).get().action == "workspace.renamed"


def test_others_see_what_it_is(account: Account, log_in: Callable[..., Client]) -> None:
    viewer = log_in(account, "viewer")

    assert account.public_id in viewer.get("/settings/workspace").content.decode()
    assert viewer.post("/settings/workspace", {"name": "Mine"}).status_code == 403
    assert not AuditEntry.objects.exists()


def test_a_further_one_is_opened_and_entered(browser: Client) -> None:
    response: Any = browser.post("/settings/workspace/new", {"name": "Second"}, follow=True)

    second = Account.objects.get(name="Second")
    assert response.wsgi_request.account == second
    assert Membership.objects.get(account=second).role == "owner"
    assert AuditEntry.objects.for_account(second).get().action == "workspace.created"


def test_too_many_are_refused(browser: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(workspaces, "MOST_OF_ONE_OWNER", 1)

    response = browser.post("/settings/workspace/new", {"name": "Second"})

    assert "You own 1 workspaces, which is the most." in response.content.decode()


def test_closing_takes_its_name(browser: Client, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(name="Lindenhof (GmbH)")

    wrong = browser.post("/settings/workspace/close", {"confirm": "lindenhof"})

    assert wrong.status_code == 400
    account.refresh_from_db()
    assert account.closed_at is None
    browser.post("/settings/workspace/close", {"confirm": "Lindenhof (GmbH)"})
    account.refresh_from_db()
    assert account.closed_at is not None
    assert AuditEntry.objects.for_account(account).get().action == "workspace.closed"
    assertRedirects(browser.get("/"), "/welcome")


def test_whoever_closed_their_only_one_opens_another_without_credits(browser: Client, account: Account) -> None:
    browser.post("/settings/workspace/close", {"confirm": account.name})

    assertRedirects(browser.post("/welcome", {"name": "Anew"}), "/")

    assert not Account.objects.get(name="Anew").transactions.exists()


def test_only_an_owner_closes_it(account: Account, log_in: Callable[..., Client]) -> None:
    assert log_in(account, "admin").post("/settings/workspace/close", {"confirm": account.name}).status_code == 403

    account.refresh_from_db()
    assert account.closed_at is None


def test_its_name_is_text(browser: Client, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(name=HOSTILE)

    for path in ("/settings/workspace", "/settings/workspace/close"):
        text = browser.get(path).content.decode()
        assert HOSTILE not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
