"""The page of the do-not-call list, and of what was asked before a call."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts import audit
from accounts.models import Account, AuditEntry
from calls.models import Call, DoNotCall
from calls.services import do_not_call

pytestmark = pytest.mark.django_db

PAGE = "/settings/do-not-call"


def test_add_find_and_remove(browser: Client, account: Account) -> None:
    added = browser.post(f"{PAGE}/add", {"number": "+49 (0)30 123456", "reason": "<b>asked</b>"}, follow=True)
    entry = DoNotCall.objects.get()

    assert (entry.number, entry.source) == ("+4930123456", "page")
    assert "&lt;b&gt;asked&lt;/b&gt;" in added.content.decode()
    assert "+4930123456" in browser.get(f"{PAGE}?q=123456").content.decode()
    assert "+4930123456" not in browser.get(f"{PAGE}?q=999").content.decode()

    asked = browser.post(f"{PAGE}/{entry.public_id}/remove")
    assert "may be called again from now on" in asked.content.decode()
    assert DoNotCall.objects.exists()
    browser.post(f"{PAGE}/{entry.public_id}/remove", {"confirm": "+4930123456"})
    assert not DoNotCall.objects.exists()
    assert AuditEntry.objects.filter(account=account, action="do_not_call.removed").count() == 1


def test_import_says_what_is_wrong_and_export_gives_it_back(browser: Client) -> None:
    file = SimpleUploadedFile("list.csv", b"number;reason\n+14155550101;=1+1\nhello;x\n")

    page = browser.post(f"{PAGE}/import", {"file": file}).content.decode()

    assert "1 added, 0 listed already, 1 lines with no number." in page
    assert "Line 3:" in page
    export = browser.get(f"{PAGE}/export.csv").getvalue().decode()
    assert "+14155550101,'=1+1,import," in export
    bad = browser.post(f"{PAGE}/import", {"file": SimpleUploadedFile("x.csv", b"\x00\x01")}).content.decode()
    assert "This is not CSV." in bad


@pytest.mark.parametrize("number", ["", "hello", "030123456"])
def test_what_is_no_number_is_told(browser: Client, number: str) -> None:
    assert browser.post(f"{PAGE}/add", {"number": number}).status_code == 200
    assert not DoNotCall.objects.exists()


def test_anothers_entry_is_not_there(browser: Client, other_account: Account) -> None:
    entry, _new = do_not_call.add_number(
        account=other_account, number="+14155550101", by=audit.PLATFORM, at=timezone.now()
    )

    assert browser.post(f"{PAGE}/{entry.public_id}/remove", {"confirm": "+14155550101"}).status_code == 404
    assert DoNotCall.objects.count() == 1


def test_the_proof_is_on_a_page_of_the_call(browser: Client, api: Any, agent: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("calls.tasks.run_call.apply_async", lambda **options: None)
    api.post("/v1/calls", {"agent_id": agent.public_id, "to_number": "+14155550101"})
    call = Call.objects.get()

    page = browser.get(f"/calls/{call.public_id}/checks").content.decode()

    assert "do_not_call" in page
    assert "not listed" in page
    assert f"/calls/{call.public_id}/checks" in browser.get(f"/calls/{call.public_id}").content.decode()
