"""POST /v1/calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from kombu.exceptions import OperationalError

from agents import services as agents
from billing.models import Balance
from calls import tasks
from calls.models import Call, CallEvent, Leg
from conftest import ApiClient, make_account, make_agent, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue() -> Iterator[Any]:
    with mock.patch.object(tasks.run_call, "apply_async", autospec=True) as apply_async:
        yield apply_async


@pytest.fixture
def place(api: Any, agent: Any, queue: Any, django_capture_on_commit_callbacks: Any) -> Any:
    """Place a call of the agent, with what commits afterwards."""

    def post(client: Any = api, **changes: Any) -> Any:
        body = {"agent_id": agent.public_id, "to_number": "+14155550100", **changes}
        with django_capture_on_commit_callbacks(execute=True):
            return client.post("/v1/calls", {name: value for name, value in body.items() if value is not ...})

    return post


def error_of(response: Any, status: Any = 400) -> Any:
    assert response.status_code == status
    return response.json()["error"]


def balance_of(account: Any) -> Any:
    balance = Balance.objects.get(account=account)
    return balance.available, balance.held


def test_the_published_example(place: Any, account: Any, agent: Any, queue: Any) -> None:
    metadata = {"customer_id": "cust_123", "campaign": "support_followup"}

    r = place(to_number="+1234567890", from_number="+0987654321", metadata=metadata)

    assert r.status_code == 201
    call = Call.objects.get(account=account)
    assert r.json() == {
        "id": call.public_id,
        "agent_id": agent.public_id,
        "agent_version": 1,
        "status": "initiated",
        "direction": "outbound",
        "to_number": "+1234567890",
        "from_number": "+0987654321",
        "phone_line_id": None,
        "duration": None,
        "ended_reason": None,
        "ended_by": None,
        "metadata": metadata,
        "sentiment": None,
        "cost": None,
        "recording_url": None,
        "transcript_url": None,
        "scheduled_at": None,
        "attempt": 1,
        "retry": None,
        "retry_of": None,
        "batch_id": None,
        "created_at": call.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "answered_at": None,
        "completed_at": None,
        "transcript": None,
        "summary": None,
        "latency": None,
    }
    queue.assert_called_once_with(kwargs={"call_id": call.pk}, queue="calls")


def test_what_is_stored(place: Any, account: Any, api: Any, agent: Any) -> None:
    place()

    call: Any = Call.objects.get()
    assert (call.rate_per_minute, call.agent_version, call.api_key.account) == (100_000, agent.current, account)
    assert balance_of(account) == (4_900_000, 100_000)
    leg = Leg.objects.get(call=call)
    assert (leg.kind, leg.status, leg.params, leg.holder) == ("sandbox", "planned", {}, "")
    event = CallEvent.objects.get(call=call)
    assert (event.seq, event.type, event.at) == (1, "call.started", call.created_at)


def test_the_sandbox_says_these_lines(place: Any) -> None:
    lines = ["Hello?", "How much is a cleaning?"]

    r = place(sandbox={"lines": lines})

    assert r.status_code == 201
    assert Leg.objects.get().params == {"lines": lines}


def test_a_test_key_pays_nothing(place: Any, account: Any, test_api: Any) -> None:
    r = place(test_api)

    assert r.status_code == 201
    assert balance_of(account) == (5_000_000, 0)
    assert Call.objects.get().rate_per_minute == 0


@pytest.mark.parametrize("price", [0, 250_000])
def test_an_own_price(place: Any, account: Any, price: Any) -> None:
    account.call_price_per_minute = price
    account.save(update_fields=["call_price_per_minute"])

    place()

    assert Call.objects.get().rate_per_minute == price
    assert balance_of(account) == (5_000_000 - price, price)


def test_without_credits(place: Any, queue: Any) -> None:
    poor = make_account("poor@example.com", micro_credits=99_999)

    error = error_of(place(ApiClient(make_key(poor)), agent_id=make_agent(poor).public_id), 402)

    assert (error["code"], error["type"], error["param"]) == ("insufficient_credits", "billing_error", None)
    assert not Call.objects.exists()
    assert not CallEvent.objects.exists()
    assert balance_of(poor) == (99_999, 0)
    queue.assert_not_called()


def test_a_live_call_too_many(place: Any, account: Any, queue: Any) -> None:
    answers = [place() for _ in range(6)]

    assert [r.status_code for r in answers] == [201] * 5 + [429]
    error = error_of(answers[5], 429)
    assert (error["code"], error["type"]) == ("rate_limit_exceeded", "rate_limit_error")
    assert "live calls" in error["message"]
    assert "Retry-After" in answers[5].headers
    assert Call.objects.count() == 5
    assert balance_of(account) == (4_500_000, 500_000)
    assert queue.call_count == 5


def test_ended_calls_free_their_place(place: Any, account: Any) -> None:
    account.max_live_calls = 1
    account.save(update_fields=["max_live_calls"])
    place()
    Call.objects.update(status="failed", ended_reason="busy", completed_at="2026-01-01T00:00:00Z")

    assert place().status_code == 201


def test_the_queue_is_away(place: Any, queue: Any) -> None:
    queue.side_effect = OperationalError

    r = place()

    assert r.status_code == 201
    assert Call.objects.get().status == "initiated"


def test_a_call_keeps_its_version(place: Any, api: Any, agent: Any) -> None:
    first = place().json()
    agents.update_agent(agent=agent, settings={"name": "Bob"})
    second = place().json()

    assert api.get(f"/v1/calls/{first['id']}").json()["agent_version"] == 1
    assert second["agent_version"] == 2


@pytest.mark.parametrize("agent_id", ["agent_nothere", "", "' OR 1=1", "x" * 5000])
def test_no_such_agent(place: Any, agent_id: Any) -> None:
    assert error_of(place(agent_id=agent_id), 404)["param"] == "agent_id"
    assert not Call.objects.exists()


def test_somebody_elses_agent(place: Any, other_account: Any) -> None:
    theirs = make_agent(other_account).public_id

    assert error_of(place(agent_id=theirs), 404) == error_of(place(agent_id="agent_nothere"), 404)
    assert not Call.objects.exists()


DEEP: dict = {}
for _ in range(8):
    DEEP = {"a": DEEP}


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"agent_id": ...}, "agent_id"),
        ({"agent_id": 5}, "agent_id"),
        ({"agent_id": None}, "agent_id"),
        ({"agent_id": {"a": 1}}, "agent_id"),
        ({"to_number": ...}, "to_number"),
        ({"to_number": None}, "to_number"),
        ({"to_number": ""}, "to_number"),
        ({"to_number": "14155550100"}, "to_number"),
        ({"to_number": "+123456"}, "to_number"),
        ({"to_number": "+1234567890123456"}, "to_number"),
        ({"to_number": "+1415555010٣"}, "to_number"),
        ({"to_number": " +14155550100"}, "to_number"),
        ({"to_number": "+14155550100\n"}, "to_number"),
        ({"to_number": 14155550100}, "to_number"),
        ({"to_number": ["+14155550100"]}, "to_number"),
        ({"from_number": "me"}, "from_number"),
        ({"metadata": None}, "metadata"),
        ({"metadata": []}, "metadata"),
        ({"metadata": "x"}, "metadata"),
        ({"metadata": {"a": "x" * 17_000}}, "metadata"),
        ({"metadata": DEEP}, "metadata.a.a.a.a.a.a.a.a"),
        ({"metadata": {"a": 2**53}}, "metadata.a"),
        ({"metadata": {"a": {"__proto__": 1}}}, "metadata.a"),
        ({"metadata": {"a": ["\u0000"]}}, "metadata.a.0"),
        ({"sandbox": []}, "sandbox"),
        ({"sandbox": {"colour": "red"}}, "sandbox.colour"),
        ({"sandbox": {"lines": "Hello?"}}, "sandbox.lines"),
        ({"sandbox": {"lines": ["x"] * 51}}, "sandbox.lines"),
        ({"sandbox": {"lines": ["Hello?", "x" * 301]}}, "sandbox.lines.1"),
        ({"sandbox": {"lines": ["Hello?", 5]}}, "sandbox.lines.1"),
        ({"sandbox": {"lines": ["Hello?", ""]}}, "sandbox.lines.1"),
        ({"to": "+14155550100"}, "to"),
    ],
)
def test_bad_input(place: Any, account: Any, queue: Any, changes: Any, param: Any) -> None:
    error = error_of(place(**changes))

    assert error["param"] == param
    assert (error["code"], error["type"]) == ("invalid_request", "validation_error")
    assert not Call.objects.exists()
    assert balance_of(account) == (5_000_000, 0)
    queue.assert_not_called()


def test_metadata_comes_back_unchanged(place: Any, api: Any) -> None:
    metadata = {"b": 1, "a": [1.5, None, True, "ü \u2028 </script>"], "10": {}, "": "x"}

    made = place(metadata=metadata).json()

    assert made["metadata"] == metadata
    assert api.get(f"/v1/calls/{made['id']}").json()["metadata"] == metadata


def test_sent_twice_with_a_key_it_is_one_call(
    api: Any, agent: Any, account: Any, queue: Any, django_capture_on_commit_callbacks: Any
) -> None:
    body = {"agent_id": agent.public_id, "to_number": "+14155550100"}
    with django_capture_on_commit_callbacks(execute=True):
        answers = [api.post("/v1/calls", body, Idempotency_Key="k") for _ in range(3)]

    assert {r.content for r in answers} == {answers[0].content}
    assert Call.objects.count() == 1
    assert balance_of(account) == (4_900_000, 100_000)
    assert queue.call_count == 1


def test_a_lack_of_credits_does_not_stick(queue: Any) -> None:
    poor = make_account("poor@example.com", micro_credits=0)
    api = ApiClient(make_key(poor))
    body = {"agent_id": make_agent(poor).public_id, "to_number": "+14155550100"}

    refused = api.post("/v1/calls", body, Idempotency_Key="k")
    Balance.objects.filter(account=poor).update(available=100_000)
    placed = api.post("/v1/calls", body, Idempotency_Key="k")

    assert (refused.status_code, placed.status_code) == (402, 201)


@pytest.mark.parametrize(("asked", "kept"), [({}, 45), ({"ring_timeout": 5}, 5), ({"ring_timeout": 120}, 120)])
def test_how_long_it_may_ring(place: Any, asked: Any, kept: Any) -> None:
    assert place(**asked).status_code == 201
    assert Leg.objects.get().ring_timeout == kept


@pytest.mark.parametrize("seconds", [4, 121, 10.5, "30", None])
def test_no_time_to_ring(place: Any, seconds: Any) -> None:
    answer = place(ring_timeout=seconds)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "ring_timeout")
