"""Placing a call by form, and calls from a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from accounts.models import Account, AuditEntry, Membership
from agents import services as agents
from agents.models import Agent
from calls.models import BatchRow, Call, CallBatch, DialingRules, Leg
from calls.services import batch_work, lifecycle
from conftest import make_account, make_agent
from dashboard.tests.test_calls import HOSTILE

pytestmark = pytest.mark.django_db

FILE = "number,name\n+14155550101,Ann\n+14155550102,Bob\nnobody,Eve\n"


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is really called."""
    monkeypatch.setattr("calls.tasks.queue_call", lambda pk: None)


def place(browser: Client, agent: Agent, **fields: str) -> Any:
    return _send(browser, {"agent": agent.public_id, "to_number": "+1 (415) 555-0100", **fields})


def _send(browser: Client, fields: dict[str, str]) -> Any:
    return browser.post("/calls/new", fields)


def upload(browser: Client, agent: Agent, text: str = FILE, **fields: str) -> Any:
    file = SimpleUploadedFile("list.csv", text.encode(), "text/csv")
    return browser.post("/calls/batches/new", {"agent": agent.public_id, "file": file, **fields})


def test_a_call_is_placed(browser: Client, agent: Agent) -> None:
    answer = place(browser, agent, metadata="customer = c_1\nnote = a = b\n", lines="Hello?\n\n How much? ")

    call = Call.objects.get()
    assertRedirects(answer, f"/calls/{call.public_id}", fetch_redirect_response=False)
    assert (call.to_number, call.from_number, call.agent) == ("+14155550100", None, agent)
    assert call.metadata == {"customer": "c_1", "note": "a = b"}
    assert Leg.objects.get(call=call).params == {"lines": ["Hello?", "How much?"]}
    assert AuditEntry.objects.get(action="call.placed").target == call.public_id
    assert call.events.get().origin == AuditEntry.objects.get(action="call.placed").actor


@pytest.mark.parametrize("whose", ["this agent's", "the workspace's"])
def test_outside_calling_hours_the_next_are_told_by_the_readers_clock(
    browser: Client, agent: Agent, settings: Any, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    monday = {"timezone": "America/New_York", "days": {"mon": [["09:00", "09:05"]]}}
    if whose == "this agent's":
        agents.update_agent(agent=agent, settings={"calling_hours": monday})
    else:
        DialingRules.objects.create(account=agent.account, calling_hours=monday)
    # A Tuesday.
    monkeypatch.setattr("dashboard.views.place_call.timezone.now", lambda: datetime(2026, 11, 24, 12, 0, tzinfo=UTC))

    text = place(browser, agent).content.decode()

    told = f"Outside {whose} calling hours. They begin again on Monday, 30 November at 3 p.m., by your clock."
    assert told in unescape(text)
    assert not Call.objects.exists()


def test_metadata_may_be_json(browser: Client, agent: Agent) -> None:
    place(browser, agent, metadata='{"customer": {"id": 7}}')

    assert Call.objects.get().metadata == {"customer": {"id": 7}}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"to_number": "555"}, "country’s code"),
        ({"to_number": HOSTILE[:40]}, "country’s code"),
        ({"to_number": ""}, "This field is required"),
        ({"from_number": "12"}, "country’s code"),
        ({"agent": "agent_nobody"}, "Select a valid choice"),
        ({"metadata": "<b>nothing</b>"}, "key = value"),
        ({"metadata": "{"}, "JSON"),
        ({"metadata": '{"a": 1e999}'}, "too large"),
        ({"lines": "x" * 301}, "At most 50 lines of 300 characters"),
    ],
)
def test_what_makes_no_sense_is_said_beside_the_field(
    browser: Client, agent: Agent, fields: dict[str, str], words: str
) -> None:
    html = _send(browser, {"agent": agent.public_id, "to_number": "+14155550100", **fields}).content.decode()

    assert words in html
    assert "<b>nothing" not in html
    assert "<script>alert" not in html
    assert not Call.objects.exists()


def test_without_credits_nothing_is_placed(log_in: Callable[..., Client]) -> None:
    poor = make_account("poor@example.com", micro_credits=0)

    html = place(log_in(poor), make_agent(poor)).content.decode()

    assert "credit" in html.partition("errorlist")[2][:200]
    assert not Call.objects.exists()


def test_neither_agents_of_others_nor_archived_ones_can_be_chosen(
    browser: Client, agent: Agent, other_account: Account
) -> None:
    agents.archive_agent(agent=agent)

    assert place(browser, agent).status_code == 200
    assert place(browser, make_agent(other_account)).status_code == 200
    assert not Call.objects.exists()


def test_the_sandbox_s_numbers_fill_the_form(browser: Client, agent: Agent) -> None:
    html = browser.get(f"/calls/new?to=%2B15005550001&agent={agent.public_id}").content.decode()

    assert 'href="?to=%2B15005550001"' in html
    assert 'value="+15005550001"' in html
    assert f'<option value="{agent.public_id}" selected>' in html


def test_a_file_is_looked_over_then_placed(browser: Client, agent: Agent) -> None:
    batch_url = upload(browser, agent, at_once="2").headers["Location"]
    batch = CallBatch.objects.get()
    assert batch_url == f"/calls/batches/{batch.public_id}"
    page = browser.get(batch_url)
    preview = page.context["preview"]
    assert (preview.valid, preview.skipped, batch.name, batch.at_once) == (2, 1, "list.csv", 2)
    assert "Place 2 calls" in page.content.decode()
    assert not Call.objects.exists()

    for do, status in (("start", "running"), ("pause", "paused"), ("resume", "running"), ("cancel", "canceled")):
        assertRedirects(browser.post(f"{batch_url}/move", {"do": do}), batch_url)
        batch.refresh_from_db()
        assert batch.status == status

    again = browser.post(f"{batch_url}/move", {"do": "start"}, follow=True).content.decode()
    assert "This batch is canceled." in again
    assert BatchRow.objects.filter(status="canceled").count() == 2
    assert not Call.objects.exists()


def test_a_running_file_is_polled_for(browser: Client, agent: Agent) -> None:
    url = upload(browser, agent).headers["Location"]
    browser.post(f"{url}/move", {"do": "start"})
    batch_work.work(at=CallBatch.objects.get().created_at)

    part = browser.get(url, headers={"HX-Request": "true"}).content.decode()

    assert part.lstrip().startswith("<article")
    assert 'hx-trigger="every 3s"' in part
    assert "3 of 3 lines dealt with" in part
    for call in Call.objects.all():
        assert f"/calls/{call.public_id}" in part


@pytest.mark.parametrize(("text", "words"), [("a,b\n1,2\n", "number"), ("number\n", "no number"), ("", "empty")])
def test_a_file_that_is_none_is_refused_in_words(browser: Client, agent: Agent, text: str, words: str) -> None:
    html = upload(browser, agent, text).content.decode()

    assert words in html.partition("errorlist")[2][:300]
    assert not CallBatch.objects.exists()


def test_hostile_files_come_back_as_text(browser: Client, agent: Agent) -> None:
    url = upload(
        browser, agent, f'number,"<b>{HOSTILE}"\n"{HOSTILE}",=1+1\n'.replace("\"'", "'"), name=HOSTILE
    ).headers["Location"]

    for html in (browser.get(url).content.decode(), browser.get("/calls/batches").content.decode()):
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_the_list_of_files(browser: Client, agent: Agent, django_assert_num_queries: Any) -> None:
    assert "No file yet" in browser.get("/calls/batches").content.decode()

    for _number in range(3):
        upload(browser, agent)
    with django_assert_num_queries(5):
        assert browser.get("/calls/batches").content.decode().count("list.csv") == 3


def test_files_of_others_do_not_exist(browser: Client, other_account: Account, log_in: Callable[..., Client]) -> None:
    url = upload(log_in(other_account), make_agent(other_account)).headers["Location"]

    assert browser.get(url).status_code == 404
    assert browser.post(f"{url}/move", {"do": "start"}).status_code == 404
    assert CallBatch.objects.get().status == "draft"


def test_viewers_see_files_and_move_nothing(account: Account, agent: Agent, browser: Client, log_in: Any) -> None:
    url = upload(browser, agent).headers["Location"]
    viewer = log_in(account, Membership.Role.VIEWER)

    assert "Place 2 calls" not in viewer.get(url).content.decode()
    assert viewer.post(f"{url}/move", {"do": "start"}).status_code == 403
    assert browser.post(f"{url}/move", {"do": "explode"}).status_code == 404


def test_a_call_for_later_by_the_readers_clock(browser: Client, agent: Agent) -> None:
    browser.cookies["time_zone"] = "Europe/Berlin"
    day = timezone.now().astimezone(ZoneInfo("Europe/Berlin")) + timedelta(days=2)
    fields = {"agent": agent.public_id, "to_number": "+14155550100", "retries": "2", "retry_minutes": "30"}

    browser.post("/calls/new", {**fields, "scheduled_at": f"{day:%Y-%m-%dT}18:00"})

    call = Call.objects.get()
    assert (call.status, call.retry) == ("scheduled", {"outcomes": ["busy", "no_answer"], "attempts": 2, "every": 1800})
    assert call.due_at == day.replace(hour=18, minute=0, second=0, microsecond=0)
    assert "Scheduled" in browser.get("/calls").content.decode()
    page = browser.get(f"/calls/{call.public_id}").content.decode()
    assert "Cancel the call" in page
    browser.post(f"/calls/{call.public_id}/hang-up")
    call.refresh_from_db()
    assert (call.status, call.ended_reason) == ("failed", "canceled")


def test_what_a_batch_page_counts(browser: Client, agent: Agent) -> None:
    url = upload(browser, agent, per_minute="30", retries="1").headers["Location"]
    browser.post(f"{url}/move", {"do": "start"})
    batch_work.work(at=CallBatch.objects.get().created_at)
    call = Call.objects.order_by("pk").first()
    assert call is not None
    lifecycle.complete_undialled(call_id=call.public_id, reason="busy", by="carrier", at=timezone.now())

    html = browser.get(url, headers={"HX-Request": "true"}).content.decode()

    assert '<data id="batch-calls" value="2">' in html
    assert '<data id="batch-rows" value="3">' in html
    assert "tries 1 time more" in html
    assert "after 1 attempt" in html
    rows = browser.get(f"{url}?status=skipped").context["rows"]
    assert [one["row"].status for one in rows] == ["skipped"]
    r = browser.get(f"{url}/results.csv")
    assert (r.status_code, r.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")


def test_another_workspaces_results(browser: Client, agent: Agent) -> None:
    theirs = make_agent(make_account("ada@example.com"))
    batch = CallBatch.objects.create(
        account=theirs.account, agent=theirs, name="x", at_once=1, created_at=timezone.now()
    )

    assert browser.get(f"/calls/batches/{batch.public_id}/results.csv").status_code == 404
