from __future__ import annotations

import time

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from billing.models import Balance
from calls import bus
from calls.models import Call, LegHolder
from calls.services import control, lifecycle, upkeep
from calls.tests.conftest import GATEWAY, NOW, WORKER, answer, dial, end_leg, make_call, make_holder, seconds

pytestmark = pytest.mark.usefixtures("db", "queued")


@pytest.fixture
def reap(django_capture_on_commit_callbacks, monkeypatch):
    """A round, some seconds after NOW."""
    monkeypatch.setattr(upkeep, "SECOND_LOOK_SECONDS", 0)

    def run(after: float) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            upkeep.reap(at=NOW + seconds(after))

    return run


@pytest.fixture
def talking(call) -> Call:
    """Driven by a worker, its leg held."""
    lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    answer(call)
    make_holder(seen_at=NOW + seconds(3600))
    return call


def state_of(call: Call) -> tuple[str, str | None]:
    return Call.objects.values_list("status", "ended_reason").get(pk=call.pk)


def test_a_call_that_goes_well_is_left_alone(talking, queued, reap):
    reap(3000)

    assert state_of(talking) == ("in_progress", None)
    assert queued == []


def test_an_expired_lease_is_handed_on(talking, queued, reap):
    Call.objects.filter(pk=talking.pk).update(lease_until=timezone.now() - seconds(1))

    reap(20)

    talking.refresh_from_db()
    assert (talking.worker, talking.token, talking.lease_until) == ("", 2, None)
    assert queued == [("run_call", talking.pk, "takeover")]


def test_a_call_that_nobody_claimed_is_queued_again(call, queued, reap):
    reap(4)
    assert queued == []

    reap(6)
    reap(7)
    assert queued == [("run_call", call.pk, "calls")]

    reap(12)
    assert queued == [("run_call", call.pk, "calls")] * 2


def test_a_held_call_that_nobody_takes_over_is_queued_before_new_ones(talking, queued, reap):
    lifecycle.fence_call(call_id=talking.public_id, token=1, at=NOW)

    reap(6)

    assert queued == [("run_call", talking.pk, "takeover")]


def test_a_call_that_waited_for_a_worker_for_too_long_is_given_up(call, account, reap):
    reap(29)
    assert state_of(call) == ("initiated", None)

    reap(31)

    assert state_of(call) == ("failed", "no_capacity")
    assert Balance.objects.get(account=account).held == 0


def test_a_claimed_call_has_longer_to_be_dialled(call, reap):
    lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)

    reap(59)
    assert state_of(call) == ("initiated", None)

    reap(61)
    assert state_of(call) == ("failed", "no_capacity")


def test_a_call_that_rings_is_not_given_up(call, reap):
    lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    dial(call)
    make_holder(seen_at=NOW + seconds(60))

    reap(61)

    assert state_of(call) == ("initiated", None)


def test_a_leg_whose_holder_is_gone_is_lost(talking, reap):
    LegHolder.objects.update(seen_at=NOW + seconds(9))

    reap(18)
    assert state_of(talking) == ("in_progress", None)

    reap(20)
    assert state_of(talking) == ("failed", "media_lost")


def test_a_leg_that_ended_ends_its_call(talking, reap):
    end_leg(talking, reason="user_hangup", at=NOW + seconds(10))

    reap(14)
    assert state_of(talking) == ("in_progress", None)

    reap(16)
    assert state_of(talking) == ("completed", "user_hangup")


def test_a_wish_to_hang_up_is_repeated(talking, reap):
    control.hang_up_call(call=talking, by="api", at=NOW)
    pubsub = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(bus.channel(settings.BUS_PREFIX, GATEWAY))
    pubsub.get_message(timeout=1)

    reap(4)

    message = pubsub.get_message(timeout=1)
    pubsub.close()
    assert bus.decode(message["data"])[1] == [
        bus.HangUp(talking.public_id, 0, reason="api_hangup", by="api", after_speech=False)
    ]


def test_a_holder_that_comes_back_with_the_database_has_lost_nothing(talking, queued, reap, monkeypatch):
    """For a while nobody could say that they live; the reaper is the first whom the database hears again."""
    LegHolder.objects.update(seen_at=NOW)
    Call.objects.filter(pk=talking.pk).update(lease_until=timezone.now() - seconds(1))

    def beat(pause: float) -> None:
        LegHolder.objects.update(seen_at=NOW + seconds(21))
        lifecycle.renew_leases(worker=WORKER, tokens={talking.public_id: 1})

    monkeypatch.setattr(time, "sleep", beat)
    reap(20)

    talking.refresh_from_db()
    assert (talking.status, talking.token, queued) == ("in_progress", 1, [])


def test_a_conversation_that_never_ends_is_hung_up(talking, reap, monkeypatch):
    told: list[tuple[str, str, str]] = []
    monkeypatch.setattr(
        control, "publish_hang_up", lambda *, call, reason, by: told.append((call.public_id, reason, by))
    )

    reap(talking.agent_version.max_duration + 59)
    assert told == []

    reap(talking.agent_version.max_duration + 61)
    assert told == [(talking.public_id, "max_duration", "platform")]


def test_a_call_that_ended_before_all_was_switched_off_is_looked_into_later(talking, queued, reap):
    lifecycle.complete_call(call_id=talking.public_id, token=None, reason="user_hangup", by="user", at=NOW)

    reap(40 * 3600)
    reap(41 * 3600)

    assert queued == [("analyse_call", talking.pk, "default")]


def test_what_cannot_be_looked_into_is_tried_less_often(talking, queued, reap):
    lifecycle.complete_call(call_id=talking.public_id, token=None, reason="user_hangup", by="user", at=NOW)

    for after in (70, 3500, 3590, 3700, 7000, 7400, 30 * 3600, 40 * 3600):
        queued.clear()
        reap(after)
        assert len(queued) == (after in (70, 3500, 3590, 3700, 7400, 30 * 3600)), after


def test_a_call_that_was_not_looked_into_is_queued_again(talking, queued, reap):
    lifecycle.complete_call(call_id=talking.public_id, token=None, reason="user_hangup", by="user", at=NOW)

    reap(59)
    assert queued == []

    reap(61)
    reap(66)
    assert queued == [("analyse_call", talking.pk, "default")]


def test_holders_that_died_long_ago_are_forgotten(reap):
    make_holder(name="gateway-old", seen_at=NOW - seconds(86_401))
    make_holder(name="gateway-new", seen_at=NOW - seconds(3_600))

    reap(0)

    assert list(LegHolder.objects.values_list("name", flat=True)) == ["gateway-new"]


def test_trouble_with_one_call_does_not_keep_the_others(call, agent, reap, monkeypatch):
    other = make_call(agent)
    complete = lifecycle.complete_undialled

    def fail_for_one(*, call_id: str, **kwargs: object) -> bool:
        if call_id == call.public_id:
            raise RuntimeError
        return complete(call_id=call_id, **kwargs)

    monkeypatch.setattr(lifecycle, "complete_undialled", fail_for_one)

    reap(31)

    assert state_of(call) == ("initiated", None)
    assert state_of(other) == ("failed", "no_capacity")


@pytest.mark.django_db(transaction=True)
def test_two_reapers_do_not_work_at_once(agent):
    call = make_call(agent)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [upkeep._LOCK])
        upkeep.reap(at=NOW + seconds(31))
        assert state_of(call) == ("initiated", None)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [upkeep._LOCK])
    other.close()

    upkeep.reap(at=NOW + seconds(31))
    assert state_of(call) == ("failed", "no_capacity")
