from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import redis
from django.conf import settings
from django.db import transaction

from calls import bus
from calls.models import Call, CallEvent, Leg
from calls.services import control, lifecycle
from calls.tests.conftest import GATEWAY, NOW, WORKER, answer, dial, in_thread, seconds

pytestmark = pytest.mark.usefixtures("db", "queued")

Listen = Callable[[str], Callable[[], list[bus.Item]]]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Listen on the bus as a process of this name; the answer gives what it has heard since."""
    client = redis.Redis.from_url(settings.REDIS_URL)

    def listen_as(name: str) -> Callable[[], list[bus.Item]]:
        pubsub = client.pubsub(ignore_subscribe_messages=True)
        pubsub.subscribe(bus.channel(settings.BUS_PREFIX, name))
        pubsub.get_message(timeout=1)

        def heard() -> list[bus.Item]:
            message = pubsub.get_message(timeout=0.2)
            return bus.decode(message["data"])[1] if message else []

        return heard

    yield listen_as
    client.close()


@pytest.fixture
def talking(call) -> Call:
    lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    answer(call)
    call.refresh_from_db()
    return call


def events_of(call: Call) -> list[tuple[str, dict[str, str]]]:
    return list(CallEvent.objects.filter(call=call, seq__gt=2).order_by("seq").values_list("type", "data"))


def test_a_call_that_is_not_dialled_is_canceled_at_once(call):
    assert control.hang_up_call(call=call, by="api", at=NOW) is True

    call.refresh_from_db()
    assert (call.status, call.ended_reason, call.ended_by) == ("failed", "canceled", "api")
    assert Leg.objects.get(call=call).status == "ended"


def test_a_call_in_progress_is_hung_up_by_its_holder(talking, listen, django_capture_on_commit_callbacks):
    heard = listen(GATEWAY)

    with django_capture_on_commit_callbacks(execute=True):
        assert control.hang_up_call(call=talking, by="staff", at=NOW) is True

    assert heard() == [bus.HangUp(talking.public_id, 0, reason="api_hangup", by="staff", after_speech=False)]
    talking.refresh_from_db()
    assert (talking.status, talking.hangup_requested_at, talking.hangup_by) == ("in_progress", NOW, "staff")


def test_the_first_wish_to_hang_up_is_kept(talking):
    control.hang_up_call(call=talking, by="api", at=NOW)
    control.hang_up_call(call=talking, by="staff", at=NOW + seconds(1))

    talking.refresh_from_db()
    assert (talking.hangup_requested_at, talking.hangup_by) == (NOW, "api")


def test_a_call_that_ended_is_not_hung_up(talking):
    lifecycle.complete_call(call_id=talking.public_id, token=None, reason="user_hangup", by="user", at=NOW)

    assert control.hang_up_call(call=talking, by="api", at=NOW) is False

    assert Call.objects.get(pk=talking.pk).hangup_requested_at is None


def test_what_the_agent_is_to_say_is_logged_and_told_to_the_worker(talking, listen, django_capture_on_commit_callbacks):
    heard = listen(WORKER)

    with django_capture_on_commit_callbacks(execute=True):
        control.say(call=talking, text="We close in five minutes.", at=NOW)

    assert heard() == [bus.Say(talking.public_id, 0, text="We close in five minutes.")]
    assert events_of(talking) == [("call.say", {"text": "We close in five minutes."})]


def test_a_note_likewise(talking, listen, django_capture_on_commit_callbacks):
    heard = listen(WORKER)

    with django_capture_on_commit_callbacks(execute=True):
        control.note(call=talking, text="Offer the discount.", at=NOW)

    assert heard() == [bus.Note(talking.public_id, 0, text="Offer the discount.")]
    assert events_of(talking) == [("call.note", {"text": "Offer the discount."})]


def test_a_note_may_come_before_the_answer(call):
    control.note(call=call, text="Offer the discount.", at=NOW)

    assert CallEvent.objects.get(call=call, seq=2).type == "call.note"


def test_digits_go_to_the_holder(talking, listen, django_capture_on_commit_callbacks):
    heard = listen(GATEWAY)

    with django_capture_on_commit_callbacks(execute=True):
        control.send_digits(call=talking, digits="12*#", at=NOW)

    assert heard() == [bus.SendDigits(talking.public_id, 0, digits="12*#")]
    assert events_of(talking) == [("call.digits_sent", {"digits": "12*#"})]


@pytest.mark.parametrize("text", ["...", "\u2026", "\U0001f44d", "\x07"])
def test_what_no_voice_can_say_is_refused(talking, text):
    with pytest.raises(control.BadText):
        control.say(call=talking, text=text, at=NOW)

    assert events_of(talking) == []


@pytest.mark.parametrize("text", ["", "  ", "x" * 2001])
def test_bad_texts_change_nothing(talking, text):
    with pytest.raises(control.BadText):
        control.say(call=talking, text=text, at=NOW)
    with pytest.raises(control.BadText):
        control.note(call=talking, text=text, at=NOW)

    assert events_of(talking) == []


@pytest.mark.parametrize("digits", ["", "12a", "1" * 33, "1 2"])
def test_bad_digits_change_nothing(talking, digits):
    with pytest.raises(control.BadDigits):
        control.send_digits(call=talking, digits=digits, at=NOW)

    assert events_of(talking) == []


def test_nothing_can_be_said_into_a_call_that_rings(call):
    dial(call)

    with pytest.raises(control.CallNotLive):
        control.say(call=call, text="Hello.", at=NOW)
    with pytest.raises(control.CallNotLive):
        control.send_digits(call=call, digits="1", at=NOW)

    assert CallEvent.objects.filter(call=call).count() == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_said_into_a_call_that_just_ends(talking):
    refused: list[str] = []

    def say() -> None:
        try:
            control.say(call=talking, text="One more thing.", at=NOW)
        except control.CallNotLive:
            refused.append("say")

    late = threading.Thread(target=in_thread(say))
    with transaction.atomic():
        lifecycle.complete_call(call_id=talking.public_id, token=None, reason="user_hangup", by="user", at=NOW)
        late.start()
        late.join(0.3)
    late.join(10)

    assert refused == ["say"]
    assert CallEvent.objects.filter(call=talking).order_by("seq").last().type == "call.completed"
