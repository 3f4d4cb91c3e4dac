"""`manage.py checkledger`, and the daily check."""

from __future__ import annotations

import logging
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from billing import tasks
from billing.models import Balance, LedgerCheck

pytestmark = pytest.mark.django_db


def check(*arguments: Any) -> Any:
    out = StringIO()
    try:
        call_command("checkledger", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), None


def test_all_is_well(account: Any, other_account: Any) -> None:
    assert check() == ("Balances and entries agree.\n", None)


def test_what_differs_is_said(account: Any, other_account: Any) -> None:
    Balance.objects.filter(account=account).update(available=7, held=3)

    said = (
        f"{account.public_id} customer: the entries say 5000000, found 7 (micro-credits)\n"
        f"{account.public_id} held: the entries say 0, found 3 (micro-credits)\n"
    )
    assert check() == (said, "2 differ.")
    assert check("--account", account.public_id) == (said, "2 differ.")
    assert check("--account", other_account.public_id)[1] is None


def test_a_balance_that_is_gone_is_found(account: Any) -> None:
    Balance.objects.all().delete()

    assert check()[1] == "1 differ."


def test_an_unknown_account() -> None:
    assert check("--account", "acct_no") == ("", "There is no account acct_no.")


def test_every_day_it_is_logged(account: Any, caplog: Any) -> None:
    Balance.objects.update(available=7)

    with caplog.at_level(logging.ERROR, logger="billing.tasks"):
        tasks.check_ledger()

    assert [record.message for record in caplog.records] == ["The ledger and a balance differ"]
    kept = LedgerCheck.objects.get()
    assert (kept.faults, kept.details) == (1, f"{account.public_id} customer: the entries say 5000000, found 7")
