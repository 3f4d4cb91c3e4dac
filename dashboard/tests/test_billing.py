"""`/settings/billing`: the balance for everybody; the ledger, top-ups, the alert and statements for admins."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from accounts.models import Account, AuditEntry
from billing import payments
from billing import services as billing
from billing.models import Balance, TopUp
from billing.payments.fake import FakePayments
from vaniagent.lib import money

pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> FakePayments:
    fake = FakePayments()
    monkeypatch.setattr(payments, "configured", lambda: fake)
    return fake


def grant(account: Account, reference: str, *, memo: str = "") -> None:
    billing.grant(account=account, reference=reference, micro_credits=money.MICRO, at=timezone.now(), memo=memo)


def test_admins_see_the_balance_and_the_ledger(browser: Client, account: Account) -> None:
    text = browser.get("/settings/billing").content.decode()

    assert "$5.00" in text
    assert "Credits given" in text
    assert "This installation takes no payments" in text


def test_others_see_the_balance_alone(account: Account, log_in: Callable[..., Client]) -> None:
    response = log_in(account, "viewer").get("/settings/billing")

    assert "$5.00" in response.content.decode()
    assert "page" not in response.context
    assert "Credits given" not in response.content.decode()


def test_a_top_up_leads_to_the_payment(browser: Client, account: Account, provider: FakePayments) -> None:
    response = browser.post("/settings/billing/top-up", {"credits": "25.50"})

    assertRedirects(response, "https://pay.example.com/1", fetch_redirect_response=False)
    top_up = TopUp.objects.for_account(account).get()
    assert top_up.micro_credits == 25_500_000
    assert provider.orders[0].success_url.endswith("/settings/billing?paid=1")
    entry = AuditEntry.objects.for_account(account).get()
    assert (entry.action, entry.target, entry.details) == (
        "billing.top_up_started",
        top_up.public_id,
        {"credits": "25.50"},
    )
    assert "is added as soon as the payment is confirmed" in browser.get("/settings/billing?paid=1").content.decode()


@pytest.mark.parametrize("credits", ["0.99", "10000.01", "1.001", "NaN", "lots", ""])
def test_what_is_not_sold_is_refused(browser: Client, provider: FakePayments, credits: str) -> None:
    response = browser.post("/settings/billing/top-up", {"credits": credits})

    assert list(response.context["top_up"].errors) == ["credits"]
    assert not TopUp.objects.exists()


def test_a_provider_that_is_away_is_said(browser: Client, provider: FakePayments) -> None:
    provider.is_away = True

    response = browser.post("/settings/billing/top-up", {"credits": "20"})

    assert "Nothing was charged" in response.content.decode()
    assert not TopUp.objects.exists()


def test_without_a_provider_no_top_up_is_made(browser: Client) -> None:
    response = browser.post("/settings/billing/top-up", {"credits": "20"})

    assert response.status_code == 200
    assert not TopUp.objects.exists()


def test_the_alert_is_set_and_unset(browser: Client, account: Account) -> None:
    assertRedirects(browser.post("/settings/billing/alert", {"credits": "2.5"}), "/settings/billing")
    assert Balance.objects.get(account=account).low_threshold == 2_500_000
    browser.post("/settings/billing/alert", {"credits": ""})

    assert Balance.objects.get(account=account).low_threshold is None
    entries = AuditEntry.objects.for_account(account).order_by("pk")
    assert [(entry.action, entry.details) for entry in entries] == [
        ("billing.low_balance_changed", {"credits": "2.50"}),
        ("billing.low_balance_changed", {"credits": "default"}),
    ]


def test_a_month_s_statement_is_a_file_without_formulas(browser: Client, account: Account) -> None:
    grant(account, "one", memo="=HYPERLINK()")

    response: Any = browser.get(f"/settings/billing/statement.csv?month={timezone.now():%Y-%m}")

    lines = list(csv.reader(io.StringIO(b"".join(response).decode(), newline="")))
    assert [line[3] for line in lines] == ["memo", "", "'=HYPERLINK()"]
    assert "attachment" in response.headers["Content-Disposition"]


def test_a_month_that_is_none_is_not_there(browser: Client) -> None:
    assert browser.get("/settings/billing/statement.csv?month=2026-13").status_code == 404


def test_words_of_the_ledger_are_text(browser: Client, account: Account) -> None:
    grant(account, "one", memo=HOSTILE)

    text = browser.get("/settings/billing").content.decode()

    assert HOSTILE not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_the_ledger_takes_the_same_queries_however_long(
    browser: Client, account: Account, django_assert_num_queries: Any
) -> None:
    for count in (5, 25):
        for number in range(count):
            grant(account, f"{count}/{number}")
        with django_assert_num_queries(9):
            browser.get("/settings/billing")
