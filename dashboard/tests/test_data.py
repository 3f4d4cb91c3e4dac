"""`/settings/data`: retention, the export, and erasing a caller."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from accounts.models import Account, AuditEntry
from agents import services as agents
from agents.models import Agent
from calls import tasks
from calls.models import Call, DataExport, Retention

HOSTILE = "<script>alert(1)</script>"
NUMBER = "+14155550100"


@pytest.fixture(autouse=True)
def _below_the_test_s_own_directory(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EXPORTS_DIR = tmp_path
    monkeypatch.setattr(tasks.write_export, "delay", lambda *, export_id: None)


@pytest.fixture
def call(account: Account, agent: Agent) -> Call:
    now = timezone.now()
    call: Call = Call.objects.create(
        account=account,
        agent=agent,
        agent_version=agents.versions_of(agent)[0],
        to_number=NUMBER,
        status="completed",
        ended_reason="user_hangup",
        completed_at=now,
        rate_per_minute=0,
    )
    return call


def make_export(account: Account, tmp_path: Path) -> DataExport:
    (tmp_path / "all.zip").write_bytes(b"PK")
    now = timezone.now()
    return DataExport.objects.create(
        account=account,
        status="ready",
        path="all.zip",
        size_bytes=2,
        created_at=now,
        expires_at=now + timedelta(days=1),
    )


def test_retention_is_set(browser: Client, account: Account) -> None:
    response = browser.post("/settings/data/retention", {"recordings_days": "30", "transcripts_days": ""})

    assertRedirects(response, "/settings/data")
    kept = Retention.objects.get(account=account)
    assert (kept.recordings_days, kept.transcripts_days) == (30, None)
    assert AuditEntry.objects.for_account(account).get().action == "data.retention_changed"


@pytest.mark.parametrize("days", ["0", "3651", "-1", "soon"])
def test_a_period_that_is_none_is_refused(browser: Client, days: str) -> None:
    response = browser.post("/settings/data/retention", {"recordings_days": days})

    assert list(response.context["retention"].errors) == ["recordings_days"]
    assert not Retention.objects.exists()


def test_an_export_is_asked_for_once_at_a_time(browser: Client, account: Account) -> None:
    browser.post("/settings/data/export")
    again = browser.post("/settings/data/export", follow=True)

    assert "The data are being written already." in again.content.decode()
    assert DataExport.objects.for_account(account).count() == 1
    assert AuditEntry.objects.for_account(account).get().action == "data.exported"


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_an_export_is_downloaded(browser: Client, account: Account, tmp_path: Path) -> None:
    export = make_export(account, tmp_path)

    response: Any = browser.get(f"/settings/data/exports/{export.public_id}")

    assert b"".join(response) == b"PK"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{export.public_id}.zip"'


def test_another_workspace_s_export_is_not_there(browser: Client, other_account: Account, tmp_path: Path) -> None:
    export = make_export(other_account, tmp_path)

    assert browser.get(f"/settings/data/exports/{export.public_id}").status_code == 404


def test_a_caller_is_erased_once_the_number_is_typed(browser: Client, account: Account, call: Call) -> None:
    asked = browser.post("/settings/data/erase", {"number": NUMBER})
    wrong = browser.post("/settings/data/erase", {"number": NUMBER, "confirm": "+1415"})

    assert "1 call with this number is found." in asked.content.decode()
    assert wrong.status_code == 400
    call.refresh_from_db()
    assert call.to_number == NUMBER
    response = browser.post("/settings/data/erase", {"number": NUMBER, "confirm": NUMBER}, follow=True)
    assert "Erased what was said in 1 call, and the number." in response.content.decode()
    call.refresh_from_db()
    assert call.to_number == "+14…00"
    assert AuditEntry.objects.for_account(account).get().action == "data.erased"


@pytest.mark.parametrize("number", ["12", HOSTILE, "'; DROP"])
def test_what_is_no_number_is_refused(browser: Client, number: str) -> None:
    response = browser.post("/settings/data/erase", {"number": number, "confirm": number})

    assert list(response.context["caller"].errors) == ["number"]
    assert HOSTILE not in response.content.decode()
    assert not AuditEntry.objects.exists()


def test_the_page_takes_the_same_queries_however_many_exports(
    browser: Client, account: Account, tmp_path: Path, django_assert_num_queries: Any
) -> None:
    for count in (2, 20):
        for _number in range(count):
            make_export(account, tmp_path)
        with django_assert_num_queries(5):
            browser.get("/settings/data")
