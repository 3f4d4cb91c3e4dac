"""Who answers a call that comes in, and who is turned away."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Account
from agents import services as agents
from agents.models import Agent
from billing.models import Balance
from calls import sessions, tasks
from calls.inbound_limits import InboundLimits
from calls.models import Call, CallEvent, Leg, PhoneLine, Turn
from calls.services import inbound, legs, lifecycle, lines, shield
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


def limit(line: PhoneLine, **limits: Any) -> None:
    PhoneLine.objects.filter(pk=line.pk).update(inbound_limits={**InboundLimits().as_json(), **limits})


@pytest.mark.parametrize("blocked", [CALLER, "+4930*"])
def test_a_blocked_caller(line: PhoneLine, blocked: str) -> None:
    limit(line, blocked=["+4930901821", blocked])

    refused(line, "blocked_caller")
    refused(line, "blocked_caller", from_number="+49 (30) 901820")

    assert come_in(line, from_number="+493190182").is_live


def test_who_hides_the_number_may_be_turned_away(line: PhoneLine) -> None:
    assert come_in(line, from_number=None).is_live
    limit(line, blocks_hidden=True)

    refused(line, "blocked_caller", from_number=None)


@pytest.mark.parametrize(("limits", "period"), [({"calls_per_hour": 2}, 3600), ({"calls_per_day": 2}, 24 * 3600)])
def test_a_caller_who_rings_for_ever(line: PhoneLine, limits: dict[str, int], period: int) -> None:
    limit(line, **{"calls_per_hour": None, "calls_per_day": None, **limits})
    for number in range(2):
        inbound.give_up(call_id=come_in(line, at=NOW + seconds(number)).public_id, at=NOW + seconds(number))

    refused(line, "called_enough", at=NOW + seconds(period - 1))
    assert come_in(line, from_number="+4930901821", at=NOW + seconds(2)).is_live
    assert come_in(line, at=NOW + seconds(period)).is_live


def test_callers_without_a_number_are_one(line: PhoneLine) -> None:
    limit(line, calls_per_hour=1)
    come_in(line, from_number=None)

    refused(line, "called_enough", from_number="anonymous")


def test_what_one_caller_may_cost(line: PhoneLine) -> None:
    limit(line, cost_per_day="0.25")
    first = come_in(line)
    Call.objects.filter(pk=first.pk).update(cost=150_000)

    second = come_in(line, at=NOW + seconds(60))
    assert Leg.objects.get(call=first).params == {"max_duration": 150}
    assert Leg.objects.get(call=second).params == {"max_duration": 60}

    Call.objects.filter(pk=second.pk).update(cost=100_000)
    refused(line, "called_enough", at=NOW + seconds(120))
    assert Leg.objects.get(call=come_in(line, at=NOW + seconds(24 * 3600))).params == {"max_duration": 90}


def test_who_was_turned_away_is_counted_and_forgotten(line: PhoneLine) -> None:
    limit(line, blocks_hidden=True)
    for number in range(3):
        refused(line, "blocked_caller", from_number=None, at=NOW + seconds(number))
    refused(line, "unknown_number", to_number="+14155550999")

    assert list(shield.refusals(line=line, days=7, at=NOW).items()) == [("blocked_caller", 3), ("unknown_number", 1)]

    shield.tidy_up(at=NOW + timedelta(days=91))
    assert shield.refusals(line=line, days=365, at=NOW + timedelta(days=91)) == {}


def test_who_says_nothing_is_hung_up_on_sooner(line: PhoneLine) -> None:
    make_holder(seen_at=NOW)
    limit(line, silent_after=7)
    call = come_in(line)
    claim = lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    assert claim is not None

    before = sessions.load_session(claim=claim, at=NOW)
    Turn.objects.create(call=call, number=1, speaker="user", text="Hello?", is_final=True, created_at=NOW)
    after = sessions.load_session(claim=claim, at=NOW)

    assert before is not None
    assert before.spec.first_silence_timeout == 7
    assert after is not None
    assert after.spec.first_silence_timeout is None


def test_another_worker_goes_on(line: PhoneLine) -> None:
    make_holder(seen_at=NOW)
    call = come_in(line)
    claim = lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    assert claim is not None
    legs.begin_dial(call_id=call.public_id, holder=GATEWAY, at=NOW)
    legs.mark_leg_answered(call_id=call.public_id, holder=GATEWAY, at=NOW, recording="x.wav", rate=8000)
    lifecycle.fence_call(call_id=call.public_id, token=claim.token, at=NOW)

    again = lifecycle.claim_call(call_id=call.pk, worker="worker-0000bbbb", at=NOW)
    assert again is not None
    session = sessions.load_session(claim=again, at=NOW + seconds(20))

    assert session is not None
    assert (session.spec.holder, session.spec.is_dialed, session.spec.may_be_machine) == (GATEWAY, True, False)
    assert [event.type for event in CallEvent.objects.order_by("seq")] == [
        "call.started",
        "call.answered",
        "call.resumed",
    ]
