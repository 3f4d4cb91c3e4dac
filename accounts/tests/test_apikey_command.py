"""`manage.py apikey`."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import ApiKey
from conftest import ApiClient

pytestmark = pytest.mark.django_db


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command("apikey", *arguments, stdout=out)
    return out.getvalue()


def test_makes_a_key_that_works(account):
    made = json.loads(
        run(
            "create",
            account.public_id,
            "--name",
            "Monitor",
            "--scopes",
            "calls, read",
            "--expires",
            "2999-01-31",
            "--json",
        )
    )

    key = ApiKey.objects.get()
    text = made.pop("api_key")
    assert text.startswith("va_live_")
    assert made == {
        "id": key.public_id,
        "name": "Monitor",
        "mode": "live",
        "scopes": ["read", "calls"],
        "last4": text[-4:],
        "created_at": made["created_at"],
        "last_used_at": None,
        "expires_at": "2999-01-31T00:00:00Z",
        "revoked_at": None,
    }
    assert ApiClient(text).get("/v1/account").json()["id"] == account.public_id


def test_the_owner_s_address_names_the_account_and_a_test_key_says_so(account):
    lines = run("create", "OWNER@example.com", "--test").splitlines()

    key = ApiKey.objects.get()
    assert (key.account, key.mode, key.scopes) == (account, "test", ["read", "calls", "admin"])
    assert lines[-1].startswith("api_key: va_test_")
    assert "scopes: read,calls,admin" in lines


def test_lists_without_showing_the_key(account, other_account):
    text = json.loads(run("create", account.public_id, "--json"))["api_key"]
    run("create", other_account.public_id)

    shown = run("list", account.public_id)
    listed = json.loads(run("list", account.public_id, "--json"))

    assert [key["last4"] for key in listed] == [text[-4:]]
    assert len(shown.splitlines()) == 1
    assert text not in shown + str(listed)


@pytest.mark.parametrize("by", ["id", "api_key"])
def test_revokes_once(account, by):
    made = json.loads(run("create", account.public_id, "--json"))

    assert run("revoke", made[by]) == f"{made['id']} is revoked.\n"
    assert run("revoke", made[by]) == f"{made['id']} was revoked before.\n"
    assert json.loads(run("revoke", made[by], "--json"))["revoked_at"] is not None
    assert ApiClient(made["api_key"]).get("/v1/account").status_code == 401


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["create"],
        ["create", "acct_unknown"],
        ["create", "nobody@example.com"],
        ["create", "owner@example.com", "--scopes", "write"],
        ["create", "owner@example.com", "--scopes", ""],
        ["create", "owner@example.com", "--expires", "soon"],
        ["create", "owner@example.com", "--expires", "2026-02-31"],
        ["create", "owner@example.com", "--expires", "2020-01-01"],
        ["create", "owner@example.com", "--name", "x" * 101],
        ["list", "acct_unknown"],
        ["revoke", "key_unknown"],
    ],
)
def test_refuses(account, arguments):
    with pytest.raises(CommandError):
        run(*arguments)

    assert not ApiKey.objects.exists()
