"""Calls for later, and further attempts: each begins once, at its time, whatever dies and whoever looks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts import audit
from accounts.models import Account, User
from agents import services as agents
from agents.models import Agent
from billing import services as billing
from billing.models import Balance
from calls import events, retry_rules, tasks
from calls.models import Call, CallEvent, Leg
from calls.services import control, erasure, lifecycle, retrying, scheduling, starting, upkeep
from calls.tests.conftest import NOW, dial, end_leg, in_thread, make_call, seconds
from conftest import make_agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queued")]

LATER = NOW + timedelta(days=2)
BUSY = retry_rules.make(outcomes=["busy"], attempts=2, every=[60, 600])


def plan(agent: Agent, **options: Any) -> Call:
    return starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+14155550100",
        from_number=None,
        metadata={"customer_id": "cust_1"},
        at=NOW,
        **{"scheduled_at": LATER, **options},
    )


def end(call: Call, *, reason: str = "busy", at: datetime = NOW) -> bool:
    dial(call, at=at)
    end_leg(call, reason=reason, by="carrier", at=at)
    return lifecycle.complete_call(call_id=call.public_id, token=None, reason=reason, by="carrier", at=at)


def fresh(call: Call) -> Call:
    found: Call = Call.objects.get(pk=call.pk)
    return found


def told(call: Call) -> list[str]:
    return list(CallEvent.objects.filter(call=call).order_by("seq").values_list("type", flat=True))


def held(agent: Agent) -> int:
    return int(Balance.objects.values_list("held", flat=True).get(account=agent.account))


def test_it_waits_and_begins_at_its_time(agent: Agent, queued: list[Any]) -> None:
    call = plan(agent, sandbox_lines=["Hello?"])

    assert (call.status, call.due_at, held(agent), queued) == ("scheduled", LATER, 0, [])
    scheduling.begin_due(at=LATER - seconds(1))
    upkeep.reap(at=LATER - seconds(1))
    assert fresh(call).status == "scheduled"

    scheduling.begin_due(at=LATER)

    begun = fresh(call)
    assert (begun.status, begun.due_at, begun.scheduled_at, begun.created_at) == ("initiated", LATER, LATER, NOW)
    assert (held(agent), Leg.objects.get().params) == (100_000, {"lines": ["Hello?"]})
    assert told(call) == ["call.scheduled", "call.started"]


def test_one_for_the_past_begins_now(agent: Agent) -> None:
    call = plan(agent, scheduled_at=NOW - timedelta(days=400))

    assert (call.status, call.due_at, told(call)) == ("initiated", None, ["call.started"])


def test_ninety_days_is_the_furthest(agent: Agent) -> None:
    plan(agent, scheduled_at=NOW + timedelta(days=90))

    with pytest.raises(starting.TooFarAhead):
        plan(agent, scheduled_at=NOW + timedelta(days=90, seconds=1))
    assert Call.objects.count() == 1


def test_what_is_in_force_then_counts(agent: Agent) -> None:
    call = plan(agent)
    agents.update_agent(agent=agent, settings={"prompt": "You are new."})
    Account.objects.filter(pk=agent.account_id).update(call_price_per_minute=200_000)

    scheduling.begin_due(at=LATER)

    begun = Call.objects.select_related("agent_version").get(pk=call.pk)
    assert (begun.agent_version.prompt, begun.rate_per_minute, held(agent)) == ("You are new.", 200_000, 200_000)


def test_upkeep_counts_from_when_it_began(agent: Agent) -> None:
    call = plan(agent)
    scheduling.begin_due(at=LATER)

    upkeep.reap(at=LATER + seconds(4))
    assert fresh(call).status == "initiated"
    upkeep.reap(at=LATER + seconds(61))

    assert (fresh(call).status, fresh(call).ended_reason) == ("failed", "no_capacity")


def test_no_room_is_waited_for_an_hour(agent: Agent) -> None:
    live = [make_call(agent) for _ in range(5)]
    call = plan(agent)

    for waited in (0, 1, 3_600):
        scheduling.begin_due(at=LATER + seconds(waited))
        assert (fresh(call).status, fresh(call).waits_for) == ("scheduled", "no_capacity")
    scheduling.begin_due(at=LATER + seconds(3_601))

    assert (fresh(call).status, fresh(call).ended_reason, fresh(call).ended_by) == ("failed", "no_capacity", "platform")
    assert (told(call), fresh(call).cost) == (["call.scheduled", "call.failed"], 0)
    assert held(agent) == 100_000 * len(live)


def test_room_that_comes_is_taken(agent: Agent) -> None:
    live = [make_call(agent) for _ in range(5)]
    calls = [plan(agent) for _ in range(2)]
    scheduling.begin_due(at=LATER)
    end(live[0])

    scheduling.begin_due(at=LATER + seconds(1))

    assert [fresh(call).status for call in calls] == ["initiated", "scheduled"]


def test_no_credits_are_waited_for_an_hour(agent: Agent) -> None:
    call = plan(agent)
    Balance.objects.update(available=99_999)

    scheduling.begin_due(at=LATER)
    assert (fresh(call).status, fresh(call).waits_for) == ("scheduled", "credits_exhausted")
    scheduling.begin_due(at=LATER + seconds(3_601))

    assert (fresh(call).status, fresh(call).ended_reason) == ("failed", "credits_exhausted")


def test_one_accounts_crowd_does_not_hold_up_another(agent: Agent, other_account: Account) -> None:
    for _ in range(5):
        make_call(agent)
    crowd = [plan(agent) for _ in range(3)]
    theirs = make_agent(other_account)
    billing.grant(account=other_account, reference="theirs", micro_credits=1_000_000, at=NOW)
    call = plan(theirs, scheduled_at=LATER + seconds(1))

    scheduling.begin_due(at=LATER + seconds(1))

    assert fresh(call).status == "initiated"
    assert {fresh(one).status for one in crowd} == {"scheduled"}


def test_calling_hours_move_it(agent: Agent) -> None:
    call = plan(agent)
    hours = {"timezone": "UTC", "days": {day: [["18:00", "20:00"]] for day in ("mon", "tue", "wed")}}
    agents.update_agent(agent=agent, settings={"calling_hours": hours})
    evening = LATER.replace(hour=18)

    scheduling.begin_due(at=LATER)
    assert (fresh(call).status, fresh(call).due_at, fresh(call).scheduled_at) == ("scheduled", evening, evening)
    scheduling.begin_due(at=evening)

    assert fresh(call).status == "initiated"
    assert told(call) == ["call.scheduled", "call.scheduled", "call.started"]


def test_an_archived_agent_calls_nobody(agent: Agent) -> None:
    call = plan(agent)
    agents.archive_agent(agent=agent)

    scheduling.begin_due(at=LATER)

    assert (fresh(call).status, fresh(call).ended_reason) == ("failed", "canceled")


def test_a_suspended_account_calls_nobody(agent: Agent) -> None:
    call = plan(agent)
    Account.objects.filter(pk=agent.account_id).update(status=Account.Status.SUSPENDED)

    with pytest.raises(starting.AccountSuspended):
        plan(agent)
    scheduling.begin_due(at=LATER)

    assert (fresh(call).status, fresh(call).ended_reason) == ("failed", "canceled")


def test_canceled_before_its_time(agent: Agent) -> None:
    call = plan(agent, retry=BUSY)

    assert control.hang_up_call(call=call, by="api", at=NOW)
    assert not control.hang_up_call(call=call, by="api", at=NOW)
    scheduling.begin_due(at=LATER)

    assert (fresh(call).status, fresh(call).ended_reason, fresh(call).ended_by) == ("failed", "canceled", "api")
    assert Call.objects.count() == 1
    assert held(agent) == 0


def test_tried_again_as_its_rule_says(agent: Agent) -> None:
    first = plan(agent, scheduled_at=None, retry=BUSY, sandbox_lines=["Hello?"])
    end(first)

    second = Call.objects.get(retry_of=first)
    assert (second.status, second.attempt, second.due_at) == ("scheduled", 2, NOW + seconds(60))
    assert (second.to_number, second.metadata) == (first.to_number, first.metadata)
    assert Leg.objects.get(call=second).params == {"lines": ["Hello?"]}
    assert (told(first), told(second)) == (["call.started", "call.failed"], ["call.scheduled"])
    assert CallEvent.objects.get(call=second).data == {
        "scheduled_at": events.to_timestamp(NOW + seconds(60)),
        "attempt": 2,
        "retry_of": first.public_id,
    }

    scheduling.begin_due(at=NOW + seconds(60))
    end(second, at=NOW + seconds(70))
    third = Call.objects.get(retry_of=first, attempt=3)
    assert third.due_at == NOW + seconds(670)
    scheduling.begin_due(at=NOW + seconds(670))
    end(third, at=NOW + seconds(680))

    assert Call.objects.count() == 3
    assert held(agent) == 0


@pytest.mark.parametrize("reason", ["no_answer", "user_hangup", "canceled", "do_not_call"])
def test_not_tried_again_after_other_ends(agent: Agent, reason: str) -> None:
    end(plan(agent, scheduled_at=None, retry=BUSY), reason=reason)

    assert Call.objects.count() == 1


def test_ended_twice_it_is_tried_again_once(agent: Agent) -> None:
    call = plan(agent, scheduled_at=None, retry=BUSY)

    assert end(call)
    assert not lifecycle.complete_call(call_id=call.public_id, token=None, reason="busy", by="carrier", at=NOW)

    assert Call.objects.count() == 2


def test_who_hangs_up_wants_no_further_attempt(agent: Agent) -> None:
    call = plan(agent, scheduled_at=None, retry=BUSY)
    dial(call)
    control.hang_up_call(call=call, by="api", at=NOW)

    end(call)

    assert (Call.objects.count(), fresh(call).ended_reason) == (1, "busy")


def test_hanging_up_the_first_cancels_the_next(agent: Agent) -> None:
    first = plan(agent, scheduled_at=None, retry=BUSY)
    end(first)

    assert control.hang_up_call(call=fresh(first), by="api", at=NOW)

    second = Call.objects.get(attempt=2)
    assert (second.status, second.ended_reason) == ("failed", "canceled")
    assert (fresh(first).ended_reason, Call.objects.count()) == ("busy", 2)
    assert not control.hang_up_call(call=fresh(first), by="api", at=NOW)


def test_an_erased_caller_is_called_no_more(agent: Agent) -> None:
    call = plan(agent)
    by = audit.Actor(user=User.objects.get(email="owner@example.com"))

    erasure.erase_caller(account=agent.account, number="+14155550100", by=by, at=NOW)
    scheduling.begin_due(at=LATER)

    assert (fresh(call).status, fresh(call).ended_reason, fresh(call).to_number) == ("failed", "canceled", "+14…00")


def test_one_that_cannot_begin_does_not_hold_up_the_rest(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, call = plan(agent), plan(agent)
    hold = billing.hold_first_minute

    def hold_or_break(*, reference: str, **options: Any) -> None:
        if reference == broken.public_id:
            raise RuntimeError("no such thing")
        hold(reference=reference, **options)

    monkeypatch.setattr(billing, "hold_first_minute", hold_or_break)
    scheduling.begin_due(at=LATER)
    assert (fresh(broken).status, fresh(broken).waits_for, fresh(call).status) == (
        "scheduled",
        "internal_error",
        "initiated",
    )
    scheduling.begin_due(at=LATER + seconds(3_601))

    assert (fresh(broken).status, fresh(broken).ended_reason) == ("failed", "internal_error")


class Died(BaseException):
    """The process is gone: nothing after it runs."""


STEPS: list[tuple[Any, str]] = [
    (billing, "hold_first_minute"),
    (events, "record"),
    (tasks, "queue_call"),
]


@pytest.mark.parametrize(("module", "name"), STEPS)
@pytest.mark.parametrize("is_after", [False, True])
def test_a_death_while_it_begins_loses_nothing(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, is_after: bool
) -> None:
    call = plan(agent)

    with monkeypatch.context() as patched:
        patched.setattr(module, name, dying(getattr(module, name), is_after=is_after))
        with pytest.raises(Died), transaction.atomic():
            scheduling.begin_due(at=LATER)
    assert (fresh(call).status, held(agent), told(call)) == ("scheduled", 0, ["call.scheduled"])
    scheduling.begin_due(at=LATER + seconds(1))

    assert (fresh(call).status, held(agent), told(call)) == ("initiated", 100_000, ["call.scheduled", "call.started"])


@pytest.mark.parametrize(
    ("module", "name"), [(retrying, "try_again"), (billing, "settle_call"), (tasks, "queue_analysis")]
)
@pytest.mark.parametrize("is_after", [False, True])
def test_a_death_at_the_end_leaves_the_next_attempt_to_whoever_ends_it(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, is_after: bool
) -> None:
    call = plan(agent, scheduled_at=None, retry=BUSY)

    with monkeypatch.context() as patched:
        patched.setattr(module, name, dying(getattr(module, name), is_after=is_after))
        with pytest.raises(Died), transaction.atomic():
            end(call)
    assert (Call.objects.count(), fresh(call).status) == (1, "initiated")
    end(call)

    assert (Call.objects.filter(attempt=2).count(), fresh(call).status, held(agent)) == (1, "failed", 0)


def dying(function: Callable[..., Any], *, is_after: bool) -> Callable[..., Any]:
    def run(*args: Any, **options: Any) -> None:
        if is_after:
            function(*args, **options)
        raise Died

    return run


@pytest.mark.django_db(transaction=True)
def test_two_rounds_at_once_begin_each_call_once(agent: Agent, queued: list[Any]) -> None:
    Account.objects.update(max_live_calls=8)
    for _ in range(12):
        plan(agent)

    with ThreadPoolExecutor(3) as threads:
        rounds = [threads.submit(in_thread(lambda: scheduling.begin_due(at=LATER))) for _ in range(3)]
        for one in rounds:
            one.result(timeout=20)

    assert Call.objects.filter(status="initiated").count() == 8
    assert (held(agent), len(queued), len(set(queued))) == (800_000, 8, 8)
    assert CallEvent.objects.filter(type="call.started").count() == 8


@pytest.mark.django_db(transaction=True)
def test_canceled_at_the_moment_it_begins(agent: Agent) -> None:
    call = plan(agent)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            scheduling.begin_due(at=LATER)
            late = threads.submit(in_thread(lambda: control.hang_up_call(call=call, by="api", at=LATER)))
            with pytest.raises(TimeoutError):
                late.result(timeout=0.3)
        assert late.result(timeout=10) is True

    assert (fresh(call).status, fresh(call).ended_reason, held(agent)) == ("failed", "canceled", 0)


@pytest.mark.django_db(transaction=True)
def test_hung_up_at_the_moment_it_ends(agent: Agent) -> None:
    call = plan(agent, scheduled_at=None, retry=BUSY)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            end(call)
            late = threads.submit(in_thread(lambda: control.hang_up_call(call=call, by="api", at=NOW)))
            with pytest.raises(TimeoutError):
                late.result(timeout=0.3)
        assert late.result(timeout=10) is True

    assert list(Call.objects.order_by("attempt").values_list("ended_reason", flat=True)) == ["busy", "canceled"]


def test_the_databases_clock() -> None:
    assert abs(scheduling.database_time() - datetime.now(UTC)) < timedelta(minutes=1)
