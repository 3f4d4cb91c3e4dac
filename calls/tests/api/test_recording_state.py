"""POST /v1/calls/:id/recording, and what the holder and the services do of it."""

from __future__ import annotations

from typing import Any

import pytest

from agents import services as agents
from calls import bus, tasks
from calls.models import Call, CallEvent, Leg
from calls.services import control, legs, lifecycle, off_record, transcripts
from calls.tests.conftest import NOW, WORKER, answer
from conftest import make_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bus.Item]]:
    told: list[tuple[str, bus.Item]] = []

    def publish(to: str, item: bus.Item) -> int:
        told.append((to, item))
        return 1

    monkeypatch.setattr(tasks.run_call, "apply_async", lambda **options: None)
    monkeypatch.setattr(control, "publish", publish)
    return told


@pytest.fixture
def call(api: Any, account: Any, sent: list[Any]) -> Call:
    agent = make_agent(account)
    placed = api.post("/v1/calls", {"agent_id": agent.public_id, "to_number": "+15005550100"})
    call = Call.objects.get(public_id=placed.json()["id"])
    lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    answer(call)
    return call


def ask(api: Any, call: Call, state: str) -> Any:
    return api.post(f"/v1/calls/{call.public_id}/recording", {"state": state})


def told(call: Call) -> list[str]:
    return [
        kind
        for kind in CallEvent.objects.filter(call=call).order_by("seq").values_list("type", flat=True)
        if kind.startswith("call.recording")
    ]


def test_pause_and_resume_once_each(api: Any, call: Call, sent: list[Any]):
    holder = Leg.objects.get(call=call).holder

    answers = [ask(api, call, state).status_code for state in ("paused", "paused", "recording", "recording")]

    assert answers == [200] * 4
    assert told(call) == ["call.recording_paused", "call.recording_resumed"]
    items = [(to, item.is_on) for to, item in sent if isinstance(item, bus.OffRecord)]
    # The worker hears the second pause as well: the first may have been its own, which it may end.
    assert items == [(holder, True), (WORKER, True), (WORKER, True), (holder, False), (WORKER, False)]
    assert not Leg.objects.get(call=call).is_off_record


def test_nothing_has_changed_where_the_holder_is_not_reached(api: Any, call: Call, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(control, "publish", lambda to, item: 0)

    r = ask(api, call, "paused")

    assert r.status_code == 503
    assert told(call) == []
    assert not Leg.objects.get(call=call).is_off_record


def test_who_refused_is_not_recorded_after_all(api: Any, call: Call):
    token = Call.objects.get(pk=call.pk).token
    off_record.record_by_agent(call_id=call.public_id, token=token, is_on=True, at=NOW)
    transcripts.record_notice(
        call_id=call.public_id, token=token, event_type="call.consent", data={"detail": "refused"}, at=NOW
    )

    r = ask(api, call, "recording")

    assert (r.status_code, r.json()["error"]["param"]) == (400, "state")
    assert Leg.objects.get(call=call).is_off_record


def test_whose_pause_it_is(api: Any, call: Call):
    token = Call.objects.get(pk=call.pk).token

    def agent_turns(*, is_on: bool) -> bool:
        off_record.record_by_agent(call_id=call.public_id, token=token, is_on=is_on, at=NOW)
        return off_record.is_paused_by_agent(call)

    assert agent_turns(is_on=True)
    assert ask(api, call, "paused").status_code == 200
    assert not off_record.is_paused_by_agent(call)
    assert told(call) == ["call.recording_paused"] * 2
    assert ask(api, call, "recording").status_code == 200
    assert agent_turns(is_on=True)
    transcripts.record_notice(
        call_id=call.public_id, token=token, event_type="call.consent", data={"detail": "refused"}, at=NOW
    )
    assert not off_record.is_paused_by_agent(call)


def test_only_a_call_in_progress_has_a_recording_to_pause(api: Any, other_api: Any, call: Call):
    assert ask(other_api, call, "paused").status_code == 404
    Call.objects.filter(pk=call.pk).update(status="initiated")

    r = ask(api, call, "paused")

    assert (r.status_code, r.json()["error"]["param"]) == (400, "call_id")


def test_a_call_that_waits_for_consent_is_dialled_off_the_record(api: Any, account: Any, sent: list[Any]):
    agent = make_agent(account)
    consent = {"ask": "May I record this call?"}
    agents.update_agent(agent=agent, settings={"compliance": {"consent": consent}})
    placed = api.post("/v1/calls", {"agent_id": agent.public_id, "to_number": "+15005550100"}).json()

    plan = legs.begin_dial(call_id=placed["id"], holder="gateway-1", at=NOW)

    assert plan is not None
    assert plan.is_off_record
    assert Leg.objects.get(call__public_id=placed["id"]).is_off_record
