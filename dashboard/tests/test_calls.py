"""The list of calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode

from accounts.models import Account, Membership
from agents.models import Agent
from calls.models import Call, SavedView, Turn
from calls.services import searching
from calls.telephony.base import EndReason
from conftest import make_agent
from dashboard import end_reasons
from dashboard.marking import marked_excerpt

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def ended(agent: Agent, *said: str, **fields: Any) -> Call:
    now = timezone.now()
    values = {
        "account": agent.account,
        "agent": agent,
        "agent_version": agent.current,
        "to_number": "+14155550100",
        "status": "completed",
        "answered_at": now,
        "completed_at": now,
        "ended_reason": "user_hangup",
        "duration": 65,
        "cost": 108_334,
        **fields,
    }
    call: Call = Call.objects.create(**values)
    for number, text in enumerate(said, 1):
        Turn.objects.create(call=call, number=number, speaker="user", text=text, is_final=True, created_at=now)
    searching.index_words(call=call)
    return call


def live(agent: Agent, **fields: Any) -> Call:
    none = {"status": "in_progress", "completed_at": None, "ended_reason": None, "duration": None, "cost": None}
    return ended(agent, **{**none, **fields})


def shown(browser: Client, **query: Any) -> list[str]:
    """The ids of the calls that the list shows, in its order."""
    page = browser.get(f"/calls?{urlencode(query)}")
    assert page.status_code == 200
    return [row.call.public_id for row in page.context["rows"]]


def test_a_call_s_row(browser: Client, agent: Agent) -> None:
    call = ended(agent, sentiment="negative")

    html = browser.get("/calls").content.decode()

    assert f'href="/calls/{call.public_id}"' in html
    for text in ("+14155550100", "Ada", "Caller hung up", "1:05", "$0.11", "Negative", "1 call"):
        assert text in html


def test_each_reason_has_its_words() -> None:
    assert set(end_reasons.WORDS) == set(EndReason)
    unknown = end_reasons.words_of("moon_fell")
    assert unknown is not None
    assert unknown.label == "moon_fell"


@pytest.mark.parametrize("text", ["", "thursday"])
def test_a_page_costs_as_much_with_25_rows_as_with_100(
    browser: Client, agent: Agent, text: str, django_assert_num_queries: Any
) -> None:
    for number in range(101):
        ended(agent, "On Thursday, please.", to_number=f"+1415555{number:04}")

    for rows in (25, 100):
        with django_assert_num_queries(8 if text else 7):
            assert len(shown(browser, rows=rows, text=text)) == rows


def test_filters_narrow_and_are_shown(browser: Client, agent: Agent) -> None:
    ended(agent)
    busy = ended(agent, status="failed", ended_reason="busy", answered_at=None, metadata={"campaign": "spring"})

    page = browser.get("/calls?ended_reason=busy&metadata=campaign%3Dspring")

    assert [row.call for row in page.context["rows"]] == [busy]
    chips = [(str(chip.label), str(chip.value), chip.url) for chip in page.context["chips"]]
    assert chips == [
        ("How it ended", "Busy", "/calls?metadata=campaign%3Dspring"),
        ("Metadata", "campaign=spring", "/calls?ended_reason=busy"),
    ]


def test_pages_go_on_where_the_last_one_ended(browser: Client, agent: Agent) -> None:
    ids = [ended(agent).public_id for _ in range(60)][::-1]

    first = browser.get("/calls")
    second = browser.get(first.context["older_url"])
    third = browser.get(second.context["older_url"])
    back = browser.get(third.context["newer_url"])
    start = browser.get(back.context["newer_url"])

    def of(page: Any) -> list[str]:
        return [row.call.public_id for row in page.context["rows"]]

    assert (of(first), of(second), of(third)) == (ids[:25], ids[25:50], ids[50:])
    assert (of(back), of(start)) == (ids[25:50], ids[:25])
    assert (first.context["newer_url"], third.context["older_url"], start.context["newer_url"]) == ("", "", "")
    assert first.context["count"] == 60


def test_a_page_after_a_call_of_others_is_empty(browser: Client, agent: Agent, other_account: Account) -> None:
    ended(agent)
    foreign = ended(make_agent(other_account))

    assert shown(browser, before=foreign.public_id) == []
    assert shown(browser, before=HOSTILE) == []


def test_what_was_said_is_found_and_marked(browser: Client, agent: Agent) -> None:
    call = ended(agent, "I have an appointment on Tuesday <b>afternoon</b>.")
    ended(agent, "Nothing of that kind.")

    page = browser.get("/calls?text=appointments")

    assert [row.call for row in page.context["rows"]] == [call]
    assert "I have an <mark>appointment</mark> on Tuesday &lt;b&gt;afternoon&lt;/b&gt;." in page.content.decode()


@pytest.mark.parametrize(
    ("text", "query", "excerpt"),
    [
        ("One two", "two", "One <mark>two</mark>"),
        ("One <i> two", '"one two" -three', "<mark>One</mark> &lt;i&gt; <mark>two</mark>"),
        ("Cats and dogs", "cat or -dogs", "Cats and dogs"),
        ("Rebooked bookings", "booking", "Rebooked <mark>bookings</mark>"),
        ("a" * 300, "b", "a" * 180 + "…"),
        (f"{'word ' * 40}here", "here", "…" + "word " * 11 + "<mark>here</mark>"),
    ],
)
def test_excerpts(text: str, query: str, excerpt: str) -> None:
    assert marked_excerpt(text, query=query) == excerpt


def test_hostile_texts_come_back_as_text(browser: Client, account: Account) -> None:
    agent = make_agent(account, name=HOSTILE)
    ended(agent, f"{HOSTILE} hello", from_number="<b>", direction="inbound")

    for query in (
        {"text": "hello"},
        {"metadata": HOSTILE},
        {"number": HOSTILE},
        {"text": HOSTILE},
        {"status": HOSTILE},
        {"after": HOSTILE, "rows": HOSTILE, "state": HOSTILE},
    ):
        html = browser.get(f"/calls?{urlencode(query)}").content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_others_calls_are_not_shown(browser: Client, agent: Agent, other_account: Account) -> None:
    own = ended(agent, "hello")
    ended(make_agent(other_account), "hello")

    assert shown(browser) == shown(browser, text="hello") == [own.public_id]


def test_a_live_call_is_polled_for_and_the_page_is_left_alone_until_it_changes(browser: Client, agent: Agent) -> None:
    call = live(agent, answered_at=timezone.now() - timedelta(seconds=70))
    page = browser.get("/calls")
    assert "In progress" in page.content.decode()
    poll = page.context["poll_url"]

    assert browser.get(poll, headers={"HX-Request": "true"}).status_code == 204

    Call.objects.filter(pk=call.pk).update(
        status="completed", completed_at=timezone.now(), ended_reason="agent_hangup", duration=71
    )
    part = browser.get(poll, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="rows"')
    assert "Agent hung up" in part
    assert poll not in part


def test_htmx_gets_the_found_part_with_a_clean_address(browser: Client, agent: Agent) -> None:
    ended(agent)

    part = browser.get("/calls?text=&status=completed&number=", headers={"HX-Request": "true"})

    assert part.headers["HX-Push-Url"] == "/calls?status=completed"
    assert part.content.decode().lstrip().startswith('<div id="found"')


def test_empty_states_say_what_to_do(browser: Client, agent: Agent) -> None:
    assert "No calls yet" in browser.get("/calls").content.decode()

    ended(agent)
    assert "No call fits" in browser.get("/calls?status=failed").content.decode()


def test_a_view_is_kept_shown_and_forgotten(browser: Client, agent: Agent) -> None:
    kept = browser.post("/calls/views", {"name": HOSTILE[:40], "query": "status=failed&x=1"})

    assert kept.headers["Location"] == "/calls?status=failed"
    page = browser.get("/calls?status=failed")
    assert "<script>alert" not in page.content.decode()
    ((view, url, is_current),) = page.context["views"]
    assert (view.query, url, is_current) == ("status=failed", "/calls?status=failed", True)

    assert browser.post("/calls/views/delete", {"view": view.pk}).status_code == 302
    assert not SavedView.objects.exists()


def test_a_view_without_a_name_is_not_kept(browser: Client) -> None:
    page = browser.post("/calls/views", {"name": " ", "query": "status=failed"}, follow=True)

    assert "1 to 60 characters" in page.content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("pk", ["", "x", "²", "9" * 30, "own"])
def test_views_of_others_are_not_forgotten(browser: Client, account: Account, log_in: Any, pk: str) -> None:
    log_in(account, Membership.Role.VIEWER).post("/calls/views", {"name": "Mine", "query": "status=failed"})
    view = SavedView.objects.get()

    assert browser.post("/calls/views/delete", {"view": view.pk if pk == "own" else pk}).status_code == 404
    assert SavedView.objects.exists()


def test_the_list_is_downloaded_as_csv(browser: Client, agent: Agent) -> None:
    ended(agent, status="failed", ended_reason="busy", answered_at=None)
    call = ended(agent, summary="=1+1")

    answer = browser.get("/calls/export.csv?status=completed")
    rows = async_to_sync(_whole)(answer).decode().splitlines()

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="calls-')
    assert len(rows) == 2
    assert rows[1].startswith(call.public_id)
    assert "'=1+1" in rows[1]


async def _whole(answer: Any) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])


def test_a_search_tells_how_many_it_found(browser: Client, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(27):
        ended(agent, "On Thursday, please.", to_number=f"+1415555{number:04}")

    page = browser.get("/calls?text=thursday")
    assert "25 calls on this page" in page.text
    assert 'hx-get="/calls?text=thursday&amp;count=1"' in page.text
    count = browser.get("/calls?text=thursday&count=1", headers={"HX-Request": "true"}).text
    assert " ".join(count.split()) == '<span class="numbers" > 27 calls </span>'

    monkeypatch.setattr("dashboard.views.calls.MOST_FOUND", 26)
    assert "More than 26 calls" in browser.get("/calls?text=thursday&count=1", headers={"HX-Request": "true"}).text
