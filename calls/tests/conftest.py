"""Calls in each state that tests begin with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from accounts.models import Account
from agents.models import Agent
from calls import tasks
from calls.models import Call, Leg, LegHolder
from calls.services import lifecycle, starting
from webhooks import services as webhooks

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
GATEWAY = "gateway-0000aaaa"
WORKER = "worker-0000aaaa"


def make_call(agent: Agent, *, at: datetime = NOW) -> Call:
    return starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+14155550100",
        from_number=None,
        metadata={"customer_id": "cust_1"},
        at=at,
    )


def dial(call: Call, *, status: str = Leg.Status.DIALING, at: datetime = NOW) -> None:
    """The leg as its holder leaves it."""
    answered_at = at if status == Leg.Status.ANSWERED else None
    Leg.objects.filter(call=call).update(status=status, holder=GATEWAY, dialed_at=at, answered_at=answered_at)


def answer(call: Call, *, at: datetime = NOW) -> None:
    dial(call, status=Leg.Status.ANSWERED, at=at)
    lifecycle.mark_answered(call_id=call.public_id, at=at)


def end_leg(call: Call, *, reason: str = "user_hangup", by: str = "user", at: datetime) -> None:
    Leg.objects.filter(call=call).update(status=Leg.Status.ENDED, ended_at=at, ended_reason=reason, ended_by=by)


def make_holder(*, seen_at: datetime, name: str = GATEWAY) -> LegHolder:
    return LegHolder.objects.create(name=name, kind="gateway", seen_at=seen_at, max_legs=50)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def in_thread(function: Callable[[], object]) -> Callable[[], object]:
    """For a thread of its own: its connections are closed at the end, or the test database could not be dropped."""

    def run() -> object:
        try:
            return function()
        finally:
            connections.close_all()

    return run


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str]]:
    """What was put on the queue, as (task, call, queue): no broker takes part."""
    put: list[tuple[str, int, str]] = []

    def run_call(*, kwargs: dict[str, int], queue: str) -> None:
        put.append(("run_call", kwargs["call_id"], queue))

    def analyse_call(*, call_id: int) -> None:
        put.append(("analyse_call", call_id, "default"))

    monkeypatch.setattr(tasks.run_call, "apply_async", run_call)
    monkeypatch.setattr(tasks.analyse_call, "delay", analyse_call)
    return put


@pytest.fixture
def call(agent: Agent) -> Call:
    return make_call(agent)


@pytest.fixture
def endpoint(account: Account) -> object:
    """Hears of every event."""
    return webhooks.create_endpoint(
        account=account,
        url="https://example.com/hook",
        events=["call.started", "call.completed", "call.failed", "transcript.ready", "recording.ready"],
    )
