"""What customers paste runs unchanged against a real web process: cURL, fetch, requests, WebSockets, and trying again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calls import events
from calls.models import Call, Leg
from calls.services import lifecycle, starting
from conftest import make_account, make_key
from tests import snippets
from tests.web_processes import get, web_process
from vaniagent.tests import node

pytestmark = pytest.mark.django_db(transaction=True)

SNIPPETS = snippets.snippets()
NOW = datetime(2024, 1, 15, 10, 35, 0, tzinfo=UTC)
FOLLOWED = [
    "authenticated",
    "subscribed",
    "call.started",
    "call.answered",
    "transcript.update",
    "call.completed",
]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[int]:
    directory: Path = tmp_path_factory.mktemp("web")
    with web_process(directory / "web.log") as port:
        yield port


@pytest.fixture
def place(port: int, account: Any, agent: Any) -> snippets.Place:
    return snippets.Place(port, make_key(account), agent.public_id)


@pytest.fixture
def call(agent: Any) -> Call:
    """A whole conversation, in the log."""
    call = starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+1234567890",
        from_number=None,
        metadata={},
        at=NOW,
    )
    Leg.objects.filter(call=call).update(status=Leg.Status.ANSWERED, answered_at=NOW)
    lifecycle.mark_answered(call_id=call.public_id, at=NOW)
    call.refresh_from_db()
    said = {"speaker": "agent", "text": "Hello, how can I help you today?", "is_final": True}
    events.record(call, "transcript.update", at=NOW + timedelta(seconds=2), data=said)
    ended = NOW + timedelta(seconds=245)
    lifecycle.complete_call(call_id=call.public_id, token=None, reason="user_hangup", by="user", at=ended)
    return call


def following(place: snippets.Place, call: Call, heading: str) -> str:
    filled = snippets.Place(place.port, place.key, place.agent_id, call.public_id)
    return filled.fill(SNIPPETS[heading])


def is_the_call(text: str) -> None:
    """The published answer to POST /v1/calls."""
    answered = json.loads(text)
    call = Call.objects.get()
    assert answered["id"] == call.public_id
    assert answered["agent_id"] == call.agent.public_id
    assert (answered["status"], answered["to_number"], answered["from_number"]) == (
        "initiated",
        "+1234567890",
        "+0987654321",
    )
    assert call.metadata == {"customer_id": "cust_123", "campaign": "support_followup"}


def is_the_conversation(lines: list[str]) -> None:
    frames = [json.loads(line) for line in lines]
    assert [frame["type"] for frame in frames] == FOLLOWED
    assert frames[4]["text"] == "Hello, how can I help you today?"
    assert frames[5]["duration"] == 245


def test_every_snippet_of_the_page_is_run_here() -> None:
    named = Path(__file__).read_text() + (Path(__file__).parent / "test_snippets_in_a_browser.py").read_text()

    assert len(SNIPPETS) == 8
    assert [heading for heading in SNIPPETS if f'"{heading}"' not in named] == []


def test_curl(place: snippets.Place) -> None:
    lines = snippets.run_shell(place.fill(SNIPPETS["Place a call with cURL"]))

    is_the_call("".join(lines))


def test_fetch_in_node(place: snippets.Place) -> None:
    call, limit = snippets.run_module(place.fill(SNIPPETS["Make an agent and place a call with fetch"]))

    is_the_call(call)
    assert limit == "60"


def test_requests(place: snippets.Place) -> None:
    call, limit = snippets.run_python(place.fill(SNIPPETS["Make an agent and place a call with requests"]))

    is_the_call(call)
    assert limit == "60"


def test_python_websockets(place: snippets.Place, call: Call) -> None:
    is_the_conversation(snippets.run_python(following(place, call, "Follow a call with websockets")))


@pytest.mark.system
@pytest.mark.parametrize("version", ["7", "8"])
def test_node_ws(place: snippets.Place, call: Call, version: str) -> None:
    modules = node.package("ws", version).parent

    lines = snippets.run_script(following(place, call, "Follow a call with ws"), modules=modules)

    is_the_conversation(lines)


@pytest.mark.system
def test_trying_again_gets_through_when_the_server_said(port: int) -> None:
    """A real limit is waited out, and no longer than it lasts: up to a minute."""
    programs = {
        "Try again past a limit, in Python": snippets.run_python,
        "Try again past a limit, in JavaScript": snippets.run_module,
    }
    keys = [
        make_key(make_account(f"{number}@example.com", requests_per_minute=2, requests_per_hour=100))
        for number in range(len(programs))
    ]
    wait_for_the_first_half_of_a_minute()
    for key in keys:
        assert [get(port, "/v1/calls", key).status for _ in range(3)] == [200, 200, 429]

    began = time.time()
    with ThreadPoolExecutor() as threads:
        running = [
            threads.submit(run, snippets.Place(port, key).fill(SNIPPETS[heading]))
            for (heading, run), key in zip(programs.items(), keys, strict=True)
        ]
        printed = [each.result() for each in running]

    assert printed == [["429", "200"]] * 2
    assert time.time() - began < 60 - began % 60 + 10


def wait_for_the_first_half_of_a_minute() -> None:
    """Starting a program takes a while, in which the window must not end."""
    late = time.time() % 60
    if late > 45:
        time.sleep(60 - late)
