"""POST /v1/calls/:id/transfer."""

from __future__ import annotations

from typing import Any

import pytest

from calls import tasks
from calls.models import Call, CallEvent, Transfer, Turn
from calls.services import control, lifecycle
from calls.tests.conftest import NOW, WORKER, answer
from conftest import ApiClient, make_agent, make_key

pytestmark = pytest.mark.django_db

TRANSFERS = [
    {"name": "Sales", "to": "+14155552671", "mode": "warm"},
    {"name": "Desk", "to": "sip:100@pbx.example.com"},
]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.run_call, "apply_async", lambda **options: None)
    monkeypatch.setattr(control, "publish", lambda to, item: 1)


def talking(api: ApiClient, account: Any) -> str:
    agent = make_agent(account, transfers=TRANSFERS)
    placed = api.post("/v1/calls", {"agent_id": agent.public_id, "to_number": "+15005550100"})
    call = Call.objects.get(public_id=placed.json()["id"])
    lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    answer(call)
    return call.public_id


@pytest.mark.parametrize("body", [{"name": "sales"}, {"to": "+14155552671"}, {"name": "Sales", "mode": "warm"}])
def test_by_name_or_by_address(api: Any, account: Any, body: dict[str, str]) -> None:
    call_id = talking(api, account)

    r = api.post(f"/v1/calls/{call_id}/transfer", body)

    assert (r.status_code, r.json()["status"]) == (200, "in_progress")
    transfer = Transfer.objects.get()
    assert (transfer.name, transfer.mode, transfer.requested_by) == ("Sales", "warm", "api")
    event = CallEvent.objects.get(type="call.transferring")
    assert event.data == {"name": "Sales", "to": "+14155552671", "mode": "warm"}


def test_in_another_mode(api: Any, account: Any) -> None:
    api.post(f"/v1/calls/{talking(api, account)}/transfer", {"name": "Sales", "mode": "cold"})

    assert Transfer.objects.get().mode == "cold"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"name": "Support"}, "name"),
        ({"to": "+19005550100"}, "to"),
        ({"to": "+14155552672"}, "to"),
        ({"name": "Sales", "to": "+14155552671"}, "name"),
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": ["Sales"]}, "name"),
        ({"name": "Sales", "mode": "hot"}, "mode"),
        ({"name": "Sales", "via": "refer"}, "via"),
    ],
)
def test_nobody_else(api: Any, account: Any, body: dict[str, Any], param: str) -> None:
    r = api.post(f"/v1/calls/{talking(api, account)}/transfer", body)

    assert (r.status_code, r.json()["error"]["param"]) == (400, param)
    assert not Transfer.objects.exists()


def test_a_test_key_reaches_the_sandbox_alone(test_api: Any, account: Any) -> None:
    call_id = talking(test_api, account)

    r = test_api.post(f"/v1/calls/{call_id}/transfer", {"name": "Desk"})

    assert r.status_code == 200
    assert (Transfer.objects.get().kind, Transfer.objects.get().phone_line) == ("sandbox", None)


def test_before_the_answer(api: Any, account: Any) -> None:
    agent = make_agent(account, transfers=TRANSFERS)
    call_id = api.post("/v1/calls", {"agent_id": agent.public_id, "to_number": "+15005550100"}).json()["id"]

    r = api.post(f"/v1/calls/{call_id}/transfer", {"name": "Sales"})

    assert (r.status_code, r.json()["error"]["param"]) == (400, "call_id")


def test_of_somebody_else(api: Any, other_api: Any, account: Any) -> None:
    r = other_api.post(f"/v1/calls/{talking(api, account)}/transfer", {"name": "Sales"})

    assert r.status_code == 404
    assert not Transfer.objects.exists()


def test_without_a_key(api: Any, account: Any) -> None:
    r = ApiClient(make_key(account)[:-1]).post(f"/v1/calls/{talking(api, account)}/transfer", {"name": "Sales"})

    assert r.status_code == 401


def test_twice_with_one_key_is_once(api: Any, account: Any) -> None:
    call_id = talking(api, account)

    first = api.post(f"/v1/calls/{call_id}/transfer", {"name": "Sales"}, Idempotency_Key="k")
    again = api.post(f"/v1/calls/{call_id}/transfer", {"name": "Sales"}, Idempotency_Key="k")
    other = api.post(f"/v1/calls/{call_id}/transfer", {"name": "Sales"})

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 400)
    assert Transfer.objects.count() == 1


def test_what_is_said_aside_is_no_part_of_the_callers_conversation(api: Any, account: Any) -> None:
    call_id = talking(api, account)
    call = Call.objects.get(public_id=call_id)
    said: dict[str, Any] = {"call": call, "is_final": True, "created_at": NOW}
    Turn.objects.create(number=1, speaker="user", text="Can I speak to a person?", **said)
    Turn.objects.create(number=2, speaker="agent", text="Shall I put them through?", is_aside=True, **said)
    Turn.objects.create(number=3, speaker="user", text="Yes, please.", is_aside=True, **said)

    turns = api.get(f"/v1/calls/{call_id}/transcript").json()["turns"]

    assert api.get(f"/v1/calls/{call_id}").json()["transcript"] == "User: Can I speak to a person?"
    assert [turn["source"] for turn in turns] == ["user", "agent", "colleague"]
