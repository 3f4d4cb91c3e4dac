"""POST /v1/calls/:id/hangup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from billing.models import Balance
from calls import tasks
from calls.models import Call, CallEvent, Leg

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def queue() -> Iterator[Any]:
    with mock.patch.object(tasks.run_call, "apply_async", autospec=True) as apply_async:
        yield apply_async


@pytest.fixture
def call_id(api: Any, agent: Any) -> Any:
    return api.post("/v1/calls", {"agent_id": agent.public_id, "to_number": "+14155550100"}).json()["id"]


def test_before_it_is_dialled(api: Any, account: Any, call_id: Any) -> None:
    r = api.post(f"/v1/calls/{call_id}/hangup")

    assert r.status_code == 200
    body = r.json()
    assert (body["status"], body["ended_reason"], body["ended_by"]) == ("failed", "canceled", "api")
    assert (body["duration"], body["cost"]) == (0, "0.00")
    balance = Balance.objects.get(account=account)
    assert (balance.available, balance.held) == (5_000_000, 0)
    assert [event.type for event in CallEvent.objects.order_by("seq")] == ["call.started", "call.failed"]


def test_twice(api: Any, call_id: Any) -> None:
    first = api.post(f"/v1/calls/{call_id}/hangup")
    second = api.post(f"/v1/calls/{call_id}/hangup")

    assert second.status_code == 200
    assert second.json() == first.json()
    assert CallEvent.objects.count() == 2


def test_while_it_rings(api: Any, call_id: Any) -> None:
    Leg.objects.update(status=Leg.Status.RINGING, holder="gateway-00000000")

    r = api.post(f"/v1/calls/{call_id}/hangup")

    assert (r.status_code, r.json()["status"]) == (200, "initiated")
    call = Call.objects.get()
    assert call.hangup_requested_at is not None
    assert call.hangup_by == "api"


def test_takes_no_fields(api: Any, call_id: Any) -> None:
    r = api.post(f"/v1/calls/{call_id}/hangup", {"reason": "bored"})

    assert r.status_code == 400
    assert r.json()["error"]["param"] == "reason"
    assert Call.objects.get().status == "initiated"


def test_somebody_elses_call(other_api: Any, call_id: Any) -> None:
    r = other_api.post(f"/v1/calls/{call_id}/hangup")

    assert r.status_code == 404
    assert Call.objects.get().status == "initiated"
