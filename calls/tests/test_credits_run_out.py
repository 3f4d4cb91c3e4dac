"""Credits for a minute and a fifth: the goodbye comes while what is held lasts, and nothing is charged beyond it."""

from __future__ import annotations

import pytest

from billing import services as billing
from billing.models import Balance
from calls.models import Call
from calls.runtime import BEAT_SECONDS
from calls.services import lifecycle
from calls.tests.conftest import NOW, WORKER, answer, end_leg, make_call, seconds
from conftest import make_account, make_agent

pytestmark = pytest.mark.usefixtures("db", "queued")

# What the goodbye and the hang-up after it take, with time to spare.
GOODBYE_SECONDS = 10


@pytest.fixture
def call() -> Call:
    call = make_call(make_agent(make_account("poor@example.com", micro_credits=120_000)))
    lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    answer(call)
    return call


def beats_until_exhausted(call: Call, *, first: float) -> float:
    """When a worker that looks every few seconds, from `first` on, learns that the next minute cannot be held."""
    second = first
    while lifecycle.extend_holds(worker=WORKER, at=NOW + seconds(second)) == set():
        second += BEAT_SECONDS
    return second


@pytest.mark.parametrize("first", [0.0, 0.1, 2.5, 4.9])
def test_the_goodbye_is_in_time(call: Call, first: float) -> None:
    learnt = beats_until_exhausted(call, first=first)

    held = Balance.objects.get(account=call.account).held
    held_seconds = held * 60 / call.rate_per_minute
    assert held_seconds == 60
    assert 45 <= learnt <= held_seconds - GOODBYE_SECONDS


def test_each_look_says_so_again(call: Call) -> None:
    beats_until_exhausted(call, first=0)

    for second in (51, 55):
        assert lifecycle.extend_holds(worker=WORKER, at=NOW + seconds(second)) == {call.public_id}


def test_credits_that_come_in_meanwhile_let_it_go_on(call: Call) -> None:
    beats_until_exhausted(call, first=0)
    billing.grant(account=call.account, reference="gift/1", micro_credits=100_000, at=NOW)

    assert lifecycle.extend_holds(worker=WORKER, at=NOW + seconds(51)) == set()


@pytest.mark.parametrize(("talked", "cost"), [(56, 93_334), (60, 100_000), (75, 100_000)])
def test_charged_for_what_was_talked_and_never_above_what_is_held(call: Call, talked: int, cost: int) -> None:
    end_leg(call, reason="credits_exhausted", by="platform", at=NOW + seconds(talked))

    lifecycle.complete_call(
        call_id=call.public_id, token=1, reason="credits_exhausted", by="platform", at=NOW + seconds(talked)
    )

    call.refresh_from_db()
    balance = Balance.objects.get(account=call.account)
    assert (call.status, call.ended_reason, call.cost) == ("completed", "credits_exhausted", cost)
    assert (balance.available, balance.held) == (120_000 - cost, 0)
    assert billing.check_ledger() == []
