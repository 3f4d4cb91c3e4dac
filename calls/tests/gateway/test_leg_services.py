from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.models import Call, Leg, LegHolder, Recording
from calls.services import legs, lifecycle
from calls.services.starting import start_call
from calls.telephony.base import LegKind

AT = timezone.now()
HOLDER = "gateway-1"


@pytest.fixture
def call(account, agent):
    return start_call(
        account=account,
        agent=agent,
        api_key=None,
        to_number="+14155550100",
        from_number=None,
        metadata={},
        sandbox_lines=["Hello?"],
        at=AT,
    )


def begin(call: Call, holder: str = HOLDER) -> legs.Plan | None:
    return legs.begin_dial(call_id=call.public_id, holder=holder, at=AT)


def answer(call: Call, holder: str = HOLDER) -> bool:
    return legs.mark_leg_answered(
        call_id=call.public_id, holder=holder, at=AT, recording=f"{call.public_id}.wav", rate=8000
    )


def end(call: Call, holder: str = HOLDER, *, reason: str = "user_hangup", by: str = "user") -> bool:
    return legs.mark_leg_ended(
        call_id=call.public_id,
        holder=holder,
        reason=reason,
        by=by,
        detail="",
        at=AT + timedelta(seconds=65),
        duration_ms=65_000,
        size_bytes=2_080_044,
    )


def test_a_leg_is_dialled_by_one_holder(call):
    plan = begin(call)

    assert plan is not None
    assert (plan.spec.call_id, plan.spec.kind, plan.spec.to_number) == (call.public_id, LegKind.SANDBOX, "+14155550100")
    assert (plan.spec.ring_timeout, plan.spec.params) == (45, {"lines": ["Hello?"]})
    assert plan.speaker
    leg = Leg.objects.get(call=call)
    assert (leg.status, leg.holder, leg.dialed_at) == ("dialing", HOLDER, AT)
    assert begin(call, "gateway-2") is None


def test_the_holder_that_took_it_may_ask_again(call):
    assert begin(call) == begin(call)


def test_a_call_that_has_ended_is_not_dialled(call):
    lifecycle.complete_undialled(call_id=call.public_id, reason="canceled", by="api", at=AT)

    assert begin(call) is None


def test_an_answer_is_the_calls_answer(call):
    begin(call)
    legs.mark_ringing(call_id=call.public_id, holder=HOLDER)

    assert answer(call)
    assert not answer(call)

    call.refresh_from_db()
    leg = Leg.objects.get(call=call)
    recording = Recording.objects.get(call=call)
    assert (call.status, call.answered_at) == ("in_progress", AT)
    assert (leg.status, leg.answered_at) == ("answered", AT)
    assert (recording.status, recording.path, recording.sample_rate) == ("capturing", f"{call.public_id}.wav", 8000)
    assert list(call.events.values_list("type", flat=True)) == ["call.started", "call.answered"]


def test_ringing_comes_too_late_after_the_answer(call):
    begin(call)
    answer(call)

    assert not legs.mark_ringing(call_id=call.public_id, holder=HOLDER)
    assert Leg.objects.get(call=call).status == "answered"


def test_a_leg_ends_once(call):
    begin(call)
    answer(call)

    assert end(call)
    assert not end(call, reason="media_lost", by="platform")

    leg = Leg.objects.get(call=call)
    assert (leg.status, leg.ended_reason, leg.ended_by) == ("ended", "user_hangup", "user")
    assert leg.ended_at == AT + timedelta(seconds=65)
    recording = Recording.objects.get(call=call)
    assert (recording.duration_ms, recording.size_bytes) == (65_000, 2_080_044)


def test_another_holder_writes_nothing(call):
    begin(call)

    assert not legs.mark_ringing(call_id=call.public_id, holder="gateway-2")
    assert not answer(call, "gateway-2")
    assert not end(call, "gateway-2")

    assert Leg.objects.get(call=call).status == "dialing"


def test_the_holder_completes_what_no_worker_has(call):
    begin(call)
    answer(call)
    assert not legs.finish_call(call_id=call.public_id, at=AT)
    end(call)

    assert legs.finish_call(call_id=call.public_id, at=AT + timedelta(seconds=70))
    assert not legs.finish_call(call_id=call.public_id, at=AT + timedelta(seconds=80))

    call.refresh_from_db()
    assert (call.status, call.ended_reason, call.ended_by, call.duration) == ("completed", "user_hangup", "user", 65)
    assert call.completed_at == AT + timedelta(seconds=65)


def test_a_holder_learns_of_legs_that_were_ended_without_it(call):
    begin(call)
    answer(call)

    def beat(name: str = HOLDER) -> dict[str, tuple[str, str]]:
        live = [call.public_id]
        return legs.note_holder(name=name, kind="gateway", live=live, most=60, is_draining=False, at=AT)

    assert beat() == {}
    lifecycle.complete_call(call_id=call.public_id, token=None, reason="media_lost", by="platform", at=AT)

    assert beat() == {call.public_id: ("media_lost", "platform")}
    assert beat("gateway-2") == {}


@pytest.mark.django_db
def test_a_holder_says_that_it_lives_and_that_it_goes():
    legs.note_holder(name=HOLDER, kind="gateway", live=[], most=60, is_draining=False, at=AT)
    later = AT + timedelta(seconds=1)
    legs.note_holder(
        name=HOLDER, kind="gateway", live=["call_1", "call_2"], relayed=1, most=60, is_draining=True, at=later
    )

    holder = LegHolder.objects.get()
    assert (holder.name, holder.seen_at, holder.live_legs, holder.max_legs, holder.is_draining) == (
        HOLDER,
        later,
        3,
        60,
        True,
    )
    legs.forget_holder(name=HOLDER)
    assert not LegHolder.objects.exists()
