"""`/settings/audit`."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import audit, services
from accounts.models import Account, User

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def owner(account: Account) -> audit.Actor:
    return audit.Actor(user=User.objects.get(email="owner@example.com"), ip="198.51.100.7")


def record(account: Account, by: audit.Actor, action: str = "agent.created", **details: Any) -> None:
    audit.record(account=account, by=by, action=action, target="agent_x", details=details, at=timezone.now())


def found(browser: Client, query: str) -> list[str]:
    return [entry.action for entry in browser.get(f"/settings/audit?{query}").context["page"]]


def test_entries_are_told_in_words(browser: Client, account: Account, owner: audit.Actor) -> None:
    record(account, owner, "member.role_changed", before="viewer", fields=["a", "b"])

    text = browser.get("/settings/audit").content.decode()

    for words in (
        "owner@example.com",
        "changed a member&#x27;s role",
        "198.51.100.7",
        "before: viewer",
        "fields: a, b",
    ):
        assert words in text


def test_a_key_is_called_by_its_name(browser: Client, account: Account) -> None:
    key, _ = services.create_api_key(account=account, mode="live", name="Till")
    record(account, audit.Actor(api_key=key))

    assert "Till" in browser.get("/settings/audit").content.decode()


def test_who_of_our_staff_it_was_is_not_told(browser: Client, account: Account) -> None:
    staff = User.objects.create_user("staff@vaniagent.example", "correct horse battery")
    record(account, audit.Actor(user=staff, is_staff=True), "workspace.viewed_by_staff")

    text = browser.get("/settings/audit").content.decode()

    assert "Our staff" in text
    assert "staff@vaniagent.example" not in text


def test_the_log_is_filtered(browser: Client, account: Account, owner: audit.Actor) -> None:
    record(account, owner)
    record(account, audit.PLATFORM, "data.expired")

    assert found(browser, "action=data.expired") == ["data.expired"]
    assert found(browser, "actor=Owner@example.com") == ["agent.created"]
    assert found(browser, "actor=nobody") == []
    assert found(browser, "action=nonsense&page=x") == ["data.expired", "agent.created"]


def test_other_workspaces_entries_are_not_shown(browser: Client, other_account: Account, owner: audit.Actor) -> None:
    record(other_account, owner)

    assert found(browser, "") == []


def test_details_are_text(browser: Client, account: Account, owner: audit.Actor) -> None:
    record(account, owner, name=HOSTILE)

    text = browser.get("/settings/audit").content.decode()

    assert HOSTILE not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_the_log_takes_the_same_queries_however_long(
    browser: Client, account: Account, owner: audit.Actor, django_assert_num_queries: Any
) -> None:
    for count in (5, 40):
        for _number in range(count):
            record(account, owner)
        with django_assert_num_queries(5):
            browser.get("/settings/audit")
