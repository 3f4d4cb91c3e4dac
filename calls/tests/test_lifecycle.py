from __future__ import annotations

import threading

import pytest
from django.utils import timezone

from billing import services as billing
from billing.models import Balance
from calls.models import Call, CallEvent, Leg, Turn
from calls.services import lifecycle, transcripts
from calls.services.lifecycle import Superseded
from calls.tests.conftest import NOW, WORKER, answer, dial, end_leg, in_thread, make_call, seconds
from conftest import make_account, make_agent

pytestmark = pytest.mark.usefixtures("db", "queued")

OTHER_WORKER = "worker-0000bbbb"


def claim(call: Call, worker: str = WORKER) -> lifecycle.Claim | None:
    return lifecycle.claim_call(call_id=call.pk, worker=worker, at=NOW)


def complete(call: Call, reason: str, *, by: str = "platform", token: int | None = None, at=NOW) -> bool:
    return lifecycle.complete_call(call_id=call.public_id, token=token, reason=reason, by=by, at=at)


def types_of(call: Call) -> list[str]:
    return list(CallEvent.objects.filter(call=call).order_by("seq").values_list("type", flat=True))


def let_lease_expire(call: Call) -> None:
    Call.objects.filter(pk=call.pk).update(lease_until=timezone.now() - seconds(1))


# --- Who has it ---


def test_a_claim_raises_the_token_and_leases_the_call(call):
    assert claim(call) == lifecycle.Claim(call_id=call.public_id, token=1)

    call.refresh_from_db()
    assert (call.worker, call.token) == (WORKER, 1)
    assert 14 < (call.lease_until - timezone.now()).total_seconds() <= 15


def test_a_leased_call_cannot_be_claimed(call):
    claim(call)

    assert claim(call, OTHER_WORKER) is None


def test_an_expired_lease_can_be_claimed(call):
    claim(call)
    let_lease_expire(call)

    assert claim(call, OTHER_WORKER) == lifecycle.Claim(call_id=call.public_id, token=2)


def test_a_call_that_ended_cannot_be_claimed(call):
    complete(call, "no_capacity")

    assert claim(call) is None


def test_taking_over_is_told_in_the_log(call):
    claim(call)
    answer(call)
    lifecycle.fence_call(call_id=call.public_id, token=1, at=NOW)

    claim(call, OTHER_WORKER)

    assert types_of(call) == ["call.started", "call.answered", "call.resumed"]


def test_renewing_tells_what_was_lost(call, agent):
    lost = make_call(agent)
    claim(call)
    claim(lost)
    lifecycle.fence_call(call_id=lost.public_id, token=1, at=NOW)
    let_lease_expire(call)

    tokens = {call.public_id: 1, lost.public_id: 1, "call_unknown": 4}
    assert lifecycle.renew_leases(worker=WORKER, tokens=tokens) == {lost.public_id, "call_unknown"}

    call.refresh_from_db()
    assert call.lease_until > timezone.now()


def test_a_fence_frees_the_call_and_queues_it_before_new_ones(call, queued, django_capture_on_commit_callbacks):
    claim(call)

    with django_capture_on_commit_callbacks(execute=True):
        assert lifecycle.fence_call(call_id=call.public_id, token=1, at=NOW) == 2

    call.refresh_from_db()
    assert (call.worker, call.token, call.lease_until, call.queued_at) == ("", 2, None, NOW)
    assert queued == [("run_call", call.pk, "takeover")]


def test_an_older_token_fences_nothing(call, queued, django_capture_on_commit_callbacks):
    claim(call)
    lifecycle.fence_call(call_id=call.public_id, token=1, at=NOW)

    with django_capture_on_commit_callbacks(execute=True):
        assert lifecycle.fence_call(call_id=call.public_id, token=1, at=NOW) is None
        assert lifecycle.release_call(call_id=call.public_id, token=1, at=NOW) is False

    assert queued == []


def test_a_fence_makes_older_writes_void(call):
    claim(call)
    answer(call)
    lifecycle.fence_call(call_id=call.public_id, token=1, at=NOW)

    with pytest.raises(Superseded):
        transcripts.record_user_turn(call_id=call.public_id, token=1, text="Hi", start_ms=0, end_ms=9, at=NOW)
    with pytest.raises(Superseded):
        complete(call, "user_hangup", token=1)

    assert types_of(call) == ["call.started", "call.answered"]
    assert not Turn.objects.exists()


# --- The answer ---


def test_a_call_is_answered_once(call):
    assert lifecycle.mark_answered(call_id=call.public_id, at=NOW) is True
    assert lifecycle.mark_answered(call_id=call.public_id, at=NOW + seconds(1)) is False

    call.refresh_from_db()
    assert (call.status, call.answered_at) == ("in_progress", NOW)
    assert types_of(call) == ["call.started", "call.answered"]


# --- The end ---


def test_a_conversation_is_completed_charged_and_looked_into(call, account, queued, django_capture_on_commit_callbacks):
    claim(call)
    answer(call)
    end_leg(call, reason="agent_hangup", by="agent", at=NOW + seconds(30.9))

    with django_capture_on_commit_callbacks(execute=True):
        assert complete(call, "user_hangup", token=1, at=NOW + seconds(32)) is True

    call.refresh_from_db()
    assert (call.status, call.duration, call.cost) == ("completed", 30, 50_000)
    # The leg's own word on its end.
    assert (call.ended_reason, call.ended_by, call.completed_at) == ("agent_hangup", "agent", NOW + seconds(30.9))
    assert (call.worker, call.lease_until) == ("", None)
    event = CallEvent.objects.get(call=call, seq=3)
    assert (event.type, event.data) == ("call.completed", {"duration": 30, "ended_reason": "agent_hangup"})
    balance = Balance.objects.get(account=account)
    assert (balance.available, balance.held) == (4_950_000, 0)
    assert billing.check_ledger() == []
    assert queued == [("analyse_call", call.pk, "default")]


def test_a_call_ends_once(call):
    answer(call)
    assert complete(call, "user_hangup", at=NOW + seconds(5)) is True

    assert complete(call, "media_lost", at=NOW + seconds(6)) is False

    call.refresh_from_db()
    assert (call.ended_reason, call.duration) == ("user_hangup", 5)
    assert types_of(call) == ["call.started", "call.answered", "call.completed"]


@pytest.mark.parametrize(
    ("reason", "status", "cost"),
    [
        ("user_hangup", "completed", 100_000),
        ("agent_hangup", "completed", 100_000),
        ("api_hangup", "completed", 100_000),
        ("max_duration", "completed", 100_000),
        ("silence_timeout", "completed", 100_000),
        ("transferred", "completed", 100_000),
        ("voicemail_left", "completed", 100_000),
        ("credits_exhausted", "completed", 100_000),
        ("voicemail", "failed", 100_000),
        ("carrier_error", "failed", 100_000),
        ("speech_error", "failed", 0),
        ("media_lost", "failed", 0),
        ("worker_lost", "failed", 0),
        ("internal_error", "failed", 0),
    ],
)
def test_how_an_answered_call_ends(call, account, reason, status, cost):
    answer(call)

    complete(call, reason, at=NOW + seconds(60))

    call.refresh_from_db()
    assert (call.status, call.ended_reason, call.duration, call.cost) == (status, reason, 60, cost)
    assert Balance.objects.get(account=account).available == 5_000_000 - cost


@pytest.mark.parametrize(
    ("reason", "stored"),
    [
        ("busy", "busy"),
        ("no_answer", "no_answer"),
        ("rejected", "rejected"),
        ("no_capacity", "no_capacity"),
        ("user_hangup", "user_hangup"),
        ("api_hangup", "canceled"),
    ],
)
def test_how_a_call_that_nobody_answered_ends(call, account, reason, stored):
    dial(call)

    complete(call, reason, at=NOW + seconds(20))

    call.refresh_from_db()
    assert (call.status, call.ended_reason, call.duration, call.cost) == ("failed", stored, 0, 0)
    assert Balance.objects.get(account=account).available == 5_000_000
    assert types_of(call) == ["call.started", "call.failed"]


def test_what_the_agent_was_saying_counts_as_said(call):
    claim(call)
    answer(call)
    transcripts.record_agent_turn_started(
        call_id=call.public_id, token=1, utterance=1, text="Hello, this is", latency=None, at=NOW
    )

    complete(call, "worker_lost", at=NOW + seconds(3))

    turn = Turn.objects.get()
    assert (turn.text, turn.is_final, turn.was_interrupted) == ("Hello, this is", True, True)
    assert types_of(call) == ["call.started", "call.answered", "transcript.update", "call.failed"]


def test_a_call_that_is_being_dialled_is_not_given_up(call):
    dial(call)

    undialled = lifecycle.complete_undialled(call_id=call.public_id, reason="canceled", by="api", at=NOW)

    assert undialled is False
    assert Call.objects.get(pk=call.pk).is_live


def test_a_call_that_was_given_up_is_not_dialled(call):
    assert lifecycle.complete_undialled(call_id=call.public_id, reason="canceled", by="api", at=NOW) is True

    leg = Leg.objects.get(call=call)
    assert (leg.status, leg.ended_reason) == ("ended", "canceled")
    assert Call.objects.get(pk=call.pk).status == "failed"


@pytest.mark.django_db(transaction=True)
def test_two_that_complete_a_call_at_once_complete_it_once(agent, queued):
    call = make_call(agent)
    answer(call)
    queued.clear()
    start = threading.Barrier(4)
    won: list[bool] = []

    def race() -> None:
        start.wait(10)
        won.append(complete(call, "user_hangup", at=NOW + seconds(60)))

    threads = [threading.Thread(target=in_thread(race)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(won) == [False, False, False, True]
    assert types_of(call) == ["call.started", "call.answered", "call.completed"]
    assert queued == [("analyse_call", call.pk, "default")]
    assert billing.check_ledger() == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_claim_at_once_get_one_claim(agent):
    call = make_call(agent)
    start = threading.Barrier(4)
    claims: list[lifecycle.Claim | None] = []

    def race() -> None:
        start.wait(10)
        claims.append(claim(call, threading.current_thread().name))

    threads = [threading.Thread(target=in_thread(race), name=f"worker-{number}") for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [won for won in claims if won] == [lifecycle.Claim(call_id=call.public_id, token=1)]


# --- Credits while it lasts ---


def extend(at_second: float) -> set[str]:
    return lifecycle.extend_holds(worker=WORKER, at=NOW + seconds(at_second))


def test_the_next_minute_is_held_before_it_begins(call, account):
    claim(call)
    answer(call)

    held = []
    for second in (1, 44, 46, 50, 104, 106):
        assert extend(second) == set()
        held.append(Balance.objects.get(account=account).held)

    assert held == [100_000, 100_000, 200_000, 200_000, 200_000, 300_000]


def test_who_cannot_pay_the_next_minute_is_named():
    account = make_account("poor@example.com", micro_credits=150_000)
    call = make_call(make_agent(account))
    claim(call)
    answer(call)

    assert extend(44) == set()
    assert extend(46) == {call.public_id}

    assert Balance.objects.get(account=account).held == 100_000


def test_nothing_is_held_beyond_the_longest_duration(account):
    call = make_call(make_agent(account, max_duration=60))
    claim(call)
    answer(call)

    assert extend(59) == set()

    assert Balance.objects.get(account=account).held == 100_000


def test_calls_of_other_workers_are_theirs(call, account):
    claim(call, OTHER_WORKER)
    answer(call)

    assert extend(50) == set()

    assert Balance.objects.get(account=account).held == 100_000
