"""`manage.py createaccount`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.limits import limits_of
from accounts.models import Account, ApiKey, User
from billing import services
from billing.models import Balance
from conftest import ApiClient

pytestmark = pytest.mark.django_db


def create(*arguments: Any) -> Any:
    out = StringIO()
    call_command("createaccount", *arguments, stdout=out)
    return out.getvalue()


def test_prints_what_is_shown_once() -> None:
    made = json.loads(create("Ada@Example.com", "--json"))

    assert list(made) == ["account", "email", "password", "api_key", "test_api_key"]
    assert made["email"] == "ada@example.com"
    assert User.objects.get().check_password(made["password"])
    assert ApiClient(made["api_key"]).get("/v1/account").json() == {
        "id": made["account"],
        "name": "ada@example.com",
        "plan": "starter",
        "credits": "5.00",
        "live_calls": 0,
        "max_live_calls": 5,
        "low_balance_credits": "1.00",
    }
    assert made["test_api_key"].startswith("va_test_")
    assert ApiClient(made["test_api_key"]).get("/v1/account").status_code == 200
    assert services.check_ledger() == []


def test_prints_lines() -> None:
    lines = create("ada@example.com", "--password", "correct horse battery").splitlines()

    assert [line.partition(": ")[0] for line in lines] == ["account", "email", "password", "api_key", "test_api_key"]
    assert lines[2] == "password: correct horse battery"


def test_own_numbers() -> None:
    numbers = ["--requests-per-minute", "7", "--requests-per-hour", "70", "--max-live-calls", "2"]
    create("ada@example.com", "--plan", "enterprise", "--credits", "12.5", *numbers)

    limits = limits_of(Account.objects.get())
    assert (limits.requests_per_minute, limits.requests_per_hour, limits.max_live_calls) == (7, 70, 2)
    assert Balance.objects.get().available == 12_500_000


def test_enterprise_without_numbers() -> None:
    create("ada@example.com", "--plan", "enterprise", "--credits", "0")

    limits = limits_of(Account.objects.get())
    assert (limits.requests_per_minute, limits.requests_per_hour, limits.max_live_calls) == (6_000, 200_000, 100)
    assert Balance.objects.get().available == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["nobody"],
        ["ada@example.com", "--plan", "gold"],
        ["ada@example.com", "--credits", "many"],
        ["ada@example.com", "--credits", "-1"],
        ["ada@example.com", "--credits", "NaN"],
        ["ada@example.com", "--credits", "1e30"],
        ["ada@example.com", "--requests-per-minute", "-1"],
        ["ada@example.com", "--max-live-calls", "99999999999"],
    ],
)
def test_refuses(arguments: Any) -> None:
    with pytest.raises(CommandError):
        create(*arguments)

    assert not Account.objects.exists()
    assert not ApiKey.objects.exists()


def test_an_address_is_taken_once() -> None:
    create("ada@example.com")

    with pytest.raises(CommandError, match="has an account already"):
        create("ADA@example.com")

    assert Account.objects.count() == 1


def test_says_that_the_database_is_away() -> None:
    # Port 1 of loopback: nobody listens there. A pool of connections is the web process's.
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_POOL_SIZE"}
    env |= {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing", "SECRET_KEY": "unused"}
    command = [sys.executable, "manage.py", "createaccount", "ada@example.com"]

    ended = subprocess.run(command, env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr.startswith("CommandError: The database cannot be reached.")
