"""Who answers a call that comes in, and who is turned away."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from accounts.models import Account
from agents import services as agents
from agents.models import Agent
from billing.models import Balance
from calls import sessions, tasks
from calls.models import Call, CallEvent, Leg, PhoneLine
from calls.services import inbound, legs, lifecycle, lines
from calls.tests.conftest import GATEWAY, NOW, WORKER, make_holder, seconds
from calls.tests.lines.conftest import make_line
from webhooks import services as webhooks
from webhooks.models import Event

pytestmark = pytest.mark.django_db

CALLER = "+4930901820"


@pytest.fixture
def line(account: Account, agent: Agent) -> PhoneLine:
    return make_line(account, inbound_agent=agent)


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    put: list[int] = []
    monkeypatch.setattr(tasks.run_call, "apply_async", lambda *, kwargs, queue: put.append(kwargs["call_id"]))
    return put


def come_in(line: PhoneLine, **changes: Any) -> Call:
    its: dict[str, Any] = {
        "to_number": "+14155550101",
        "from_number": CALLER,
        "kind": "sip",
        "metadata": {},
        "holder": GATEWAY,
        "at": NOW,
        **changes,
    }
    return inbound.start_inbound_call(line=line, **its)


def refused(line: PhoneLine, word: str, **changes: Any) -> None:
    before = Call.objects.count()
    held = list(Balance.objects.values_list("held", flat=True))

    with pytest.raises(inbound.CallRefused) as refusal:
        come_in(line, **changes)

    assert refusal.value.word == word
    assert Call.objects.count() == before
    assert list(Balance.objects.values_list("held", flat=True)) == held


def test_the_lines_agent_answers(
    line: PhoneLine, agent: Agent, queued: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        call = come_in(line, metadata={"x-ticket": "42"}, params={"of": "its kind"})

    leg = Leg.objects.get()
    assert (call.direction, call.status, call.agent, call.phone_line) == ("inbound", "initiated", agent, line)
    assert (call.to_number, call.from_number, call.metadata) == ("+14155550101", CALLER, {"x-ticket": "42"})
    assert (leg.kind, leg.status, leg.holder, leg.params) == ("sip", "planned", GATEWAY, {"of": "its kind"})
    assert Balance.objects.get().held == 100_000
    assert queued == [call.pk]


def test_call_started_says_so(line: PhoneLine, account: Account) -> None:
    webhooks.create_endpoint(account=account, url="https://example.com/hook", events=["call.started"])

    call = come_in(line)

    assert (CallEvent.objects.get().type, CallEvent.objects.get().data) == ("call.started", {"direction": "inbound"})
    assert Event.objects.get().body == (
        '{"event":"call.started","timestamp":"2026-03-01T12:00:00Z","data":{"call_id":"CALL","agent_id":"AGENT",'
        '"status":"initiated","metadata":{},"direction":"inbound"}}'
    ).replace("CALL", call.public_id).replace("AGENT", call.agent.public_id)


def test_without_a_holder_nobody_is_asked_to_come_yet(
    line: PhoneLine, queued: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        come_in(line, holder="")

    assert queued == []


@pytest.mark.parametrize("told", [None, "anonymous", "101"])
def test_a_hidden_caller(line: PhoneLine, told: str | None) -> None:
    assert come_in(line, from_number=told).from_number is None


def test_only_the_holder_dials_and_it_waits_for_no_turn(line: PhoneLine) -> None:
    make_holder(seen_at=NOW)
    call = come_in(line, params={"invite": "7"})
    claim = lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    assert claim is not None

    session = sessions.load_session(claim=claim, at=NOW)
    elsewhere = legs.begin_dial(call_id=call.public_id, holder="gateway-0000bbbb", at=NOW)
    plan = legs.begin_dial(call_id=call.public_id, holder=GATEWAY, at=NOW)

    assert session is not None
    assert (session.spec.holder, session.spec.is_dialed, session.spec.may_be_machine) == (GATEWAY, False, False)
    assert elsewhere is None
    assert plan is not None
    assert (plan.spec.is_inbound, plan.spec.dial_after, plan.spec.params["invite"]) == (True, 0.0, "7")
    assert PhoneLine.objects.get().next_dial_at is None


def test_a_number_that_the_line_has_not(line: PhoneLine) -> None:
    refused(line, "unknown_number", to_number="+14155550999")


def test_a_line_that_is_gone(line: PhoneLine) -> None:
    lines.delete_line(line=line, at=NOW)

    refused(line, "unknown_number")


def test_a_line_whose_calls_nobody_answers(account: Account, agent: Agent, line: PhoneLine) -> None:
    agents.archive_agent(agent=agent)
    refused(line, "no_agent")

    PhoneLine.objects.update(inbound_agent=None)
    refused(line, "no_agent")


def test_a_suspended_account(account: Account, line: PhoneLine) -> None:
    Account.objects.update(status=Account.Status.SUSPENDED)

    refused(line, "suspended")


def test_a_full_line(line: PhoneLine) -> None:
    PhoneLine.objects.update(max_live_calls=1)
    call = come_in(line)

    refused(line, "no_capacity")

    inbound.give_up(call_id=call.public_id, at=NOW)
    assert come_in(line).is_live


def test_a_full_account(account: Account, line: PhoneLine) -> None:
    Account.objects.update(max_live_calls=1)
    come_in(line)

    refused(line, "no_capacity")


def test_an_account_without_credits(line: PhoneLine) -> None:
    Balance.objects.update(available=10)

    refused(line, "no_credits")


def test_a_refusal_is_logged_without_numbers(line: PhoneLine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "calls.services.inbound"):
        refused(line, "unknown_number", to_number="+14155550999")

    (record,) = caplog.records
    assert (record.__dict__["line"], record.__dict__["reason"]) == (line.public_id, "unknown_number")
    assert "4155550999" not in str(record.__dict__)


def test_a_caller_who_hangs_up_while_it_rings(line: PhoneLine) -> None:
    call = come_in(line)

    assert inbound.give_up(call_id=call.public_id, at=NOW + seconds(3))
    assert not inbound.give_up(call_id=call.public_id, at=NOW + seconds(4))

    call.refresh_from_db()
    assert (call.status, call.ended_reason, call.ended_by, call.cost) == ("failed", "canceled", "user", 0)
    assert Balance.objects.get().held == 0
