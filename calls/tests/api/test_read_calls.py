"""GET /v1/calls, /v1/calls/:id and its transcript."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calls.models import Call, Recording, Turn
from conftest import make_agent

pytestmark = pytest.mark.django_db

CREATED = datetime(2024, 1, 15, 10, 35, 0, 900_000, tzinfo=UTC)
ENDED = {
    "status": "completed",
    "ended_reason": "user_hangup",
    "ended_by": "user",
    "answered_at": CREATED,
    "completed_at": CREATED + timedelta(seconds=245),
    "duration": 245,
}


def make_call(agent: Any, **fields: Any) -> Any:
    values = {"created_at": CREATED, "to_number": "+14155550100", **fields}
    return Call.objects.create(account=agent.account, agent=agent, agent_version=agent.current, **values)


def say(call: Any, number: Any, speaker: Any, text: Any, *, is_final: Any = True) -> None:
    Turn.objects.create(
        call=call, number=number, speaker=speaker, text=text, is_final=is_final, created_at=CREATED, start_ms=number
    )


def error_of(response: Any, status: Any = 400) -> Any:
    assert response.status_code == status
    return response.json()["error"]


def test_a_finished_call(api: Any, agent: Any) -> None:
    analysed = {"sentiment": "positive", "summary": "All well.", "cost": 408_334}
    heard = {"heard_p50_ms": 900, "heard_p95_ms": 1_800, "heard_turns": 7}
    call = make_call(agent, **ENDED, **analysed, **heard, metadata={"a": 1})
    say(call, 1, "agent", "Hello, how can\nI help?")
    say(call, 2, "user", "How much is a cleaning?")
    say(call, 3, "agent", "not said yet", is_final=False)
    Recording.objects.create(call=call, status="ready", path="x.wav", sample_rate=8000)

    body = api.get(f"/v1/calls/{call.public_id}").json()

    assert body["transcript"] == "Agent: Hello, how can I help?\nUser: How much is a cleaning?"
    assert (body["status"], body["duration"], body["ended_reason"], body["ended_by"]) == (
        "completed",
        245,
        "user_hangup",
        "user",
    )
    assert (body["created_at"], body["completed_at"]) == ("2024-01-15T10:35:00Z", "2024-01-15T10:39:05Z")
    assert (body["sentiment"], body["summary"], body["cost"]) == ("positive", "All well.", "0.408334")
    assert body["latency"] == {"heard_p50_ms": 900, "heard_p95_ms": 1_800, "turns": 7}
    assert body["recording_url"].startswith(f"http://127.0.0.1:8000/files/{call.public_id}/recording.wav?")
    assert body["transcript_url"].startswith(f"http://127.0.0.1:8000/files/{call.public_id}/transcript.txt?")


def test_nobody_answered(api: Any, agent: Any) -> None:
    call = make_call(
        agent, status="failed", ended_reason="busy", ended_by="user", completed_at=CREATED, duration=0, cost=0
    )

    body = api.get(f"/v1/calls/{call.public_id}").json()

    assert (body["duration"], body["cost"], body["answered_at"]) == (0, "0.00", None)
    assert (body["transcript"], body["transcript_url"], body["recording_url"]) == (None, None, None)


def test_a_live_call_shows_what_was_said_so_far(api: Any, agent: Any) -> None:
    call = make_call(agent, status="in_progress", answered_at=CREATED)
    say(call, 1, "agent", "Hello.")
    Recording.objects.create(call=call, path="x.wav", sample_rate=8000)

    body = api.get(f"/v1/calls/{call.public_id}").json()

    assert (body["transcript"], body["transcript_url"], body["recording_url"]) == ("Agent: Hello.", None, None)


def test_an_unchanged_call_is_not_sent_again(api: Any, agent: Any) -> None:
    call = make_call(agent, **ENDED)
    path = f"/v1/calls/{call.public_id}"

    first = api.get(path)

    assert api.get(path, If_None_Match=first.headers["ETag"]).status_code == 304


def test_the_list(api: Any, agent: Any, other_account: Any) -> None:
    calls = [make_call(agent, metadata={"n": n}) for n in range(3)]
    make_call(make_agent(other_account))

    body = api.get("/v1/calls?limit=2&offset=0").json()

    assert [row["id"] for row in body["data"]] == [calls[2].public_id, calls[1].public_id]
    assert (body["total"], body["limit"], body["offset"]) == (3, 2, 0)
    assert body["data"][0]["metadata"] == {"n": 2}
    assert "transcript" not in body["data"][0]


def test_filters(api: Any, account: Any, agent: Any, other_account: Any) -> None:
    ended = make_call(agent, **ENDED)
    live = make_call(make_agent(account))
    theirs = make_agent(other_account)

    def listed(query: Any) -> Any:
        return [row["id"] for row in api.get(f"/v1/calls?{query}").json()["data"]]

    assert listed("status=completed") == [ended.public_id]
    assert listed("status=initiated") == [live.public_id]
    assert listed(f"agent_id={agent.public_id}") == [ended.public_id]
    assert listed(f"agent_id={agent.public_id}&status=failed") == []
    assert listed(f"agent_id={theirs.public_id}") == []
    assert listed("agent_id=agent_nothere") == []


@pytest.mark.parametrize(
    ("query", "param"),
    [("status=done", "status"), ("status=", "status"), ("agent_id=%00", "agent_id"), ("limit=200", "limit")],
)
def test_bad_filters(api: Any, query: Any, param: Any) -> None:
    assert error_of(api.get(f"/v1/calls?{query}"))["param"] == param


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_takes_a_constant_number_of_queries(
    api: Any, agent: Any, count: Any, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        say(make_call(agent, **ENDED), 1, "agent", "Hello.")
    api.get("/v1/calls")

    # The key, the count, the page.
    with django_assert_num_queries(3):
        api.get("/v1/calls")


def test_a_call_takes_two_queries(api: Any, agent: Any, django_assert_num_queries: Any) -> None:
    call = make_call(agent, **ENDED)
    api.get("/v1/calls")

    # The key, the call with its turns.
    with django_assert_num_queries(2):
        api.get(f"/v1/calls/{call.public_id}")


def test_the_turns(api: Any, agent: Any) -> None:
    call = make_call(agent, **ENDED)
    say(call, 1, "agent", "Hello.")
    say(call, 2, "user", "Hi.")

    body = api.get(f"/v1/calls/{call.public_id}/transcript").json()

    assert body["call_id"] == call.public_id
    assert [(turn["number"], turn["speaker"], turn["text"]) for turn in body["turns"]] == [
        (1, "agent", "Hello."),
        (2, "user", "Hi."),
    ]
    assert body["turns"][0] == {
        "number": 1,
        "speaker": "agent",
        "source": "agent",
        "text": "Hello.",
        "start_ms": 1,
        "end_ms": None,
        "was_interrupted": False,
        "latency": None,
        "created_at": "2024-01-15T10:35:00Z",
    }


@pytest.mark.parametrize("suffix", ["", "/transcript"])
def test_somebody_elses_call_does_not_exist(other_api: Any, agent: Any, suffix: Any) -> None:
    call = make_call(agent)

    theirs = error_of(other_api.get(f"/v1/calls/{call.public_id}{suffix}"), 404)
    unknown = error_of(other_api.get(f"/v1/calls/call_nothere{suffix}"), 404)

    assert theirs == unknown
    assert theirs == {
        "code": "resource_not_found",
        "message": "There is no call with this id.",
        "param": None,
        "type": "not_found_error",
    }
