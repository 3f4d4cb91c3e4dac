"""What Twilio calls: signed requests of calls that we placed, and of callers who come in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from agents.models import Agent
from calls import bus, tasks
from calls.models import Call, CarrierCall, Leg, LegHolder, LineRefusal, PhoneLine
from calls.services import control, legs, lifecycle, line_checks, lines, twilio_calls, upkeep
from calls.services.starting import start_call
from calls.tests.lines.conftest import make_line
from calls.tests.twilio_peer import ACCOUNT, TOKEN, TwilioPeer, new_sid, sign

pytestmark = pytest.mark.django_db

PUBLIC = "https://vani.example"
GATEWAY = "gateway-1"
SID = "CA" + "1" * 32


@pytest.fixture(autouse=True)
def public_url(settings: Any) -> None:
    settings.PUBLIC_URL = PUBLIC
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture
def peer(settings: Any) -> Iterator[TwilioPeer]:
    with TwilioPeer() as peer:
        settings.TWILIO_API_URL = peer.url
        yield peer


@pytest.fixture
def line(account: Account, agent: Agent) -> PhoneLine:
    return make_line(account, kind="twilio", inbound_agent=agent)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bus.Item]]:
    """What went over the bus."""
    sent: list[tuple[str, bus.Item]] = []
    monkeypatch.setattr(control, "publish", lambda to, item: sent.append((to, item)) or 1)
    return sent


@pytest.fixture
def placed(line: PhoneLine, agent: Agent, account: Account) -> CarrierCall:
    """A call that a gateway has asked Twilio for, and does not know the name of."""
    now = timezone.now()
    call = start_call(
        account=account, agent=agent, api_key=None, to_number="+4930901820", from_number=None, metadata={}, at=now
    )
    plan = legs.begin_dial(call_id=call.public_id, holder=GATEWAY, at=now)
    assert plan is not None
    assert plan.spec.params["auth_token"] == TOKEN
    ticket = twilio_calls.open_call(
        call_id=call.public_id, line_id=line.public_id, holder=GATEWAY, ring_timeout=30, at=now
    )
    assert ticket is not None
    assert ticket.status_url == f"{PUBLIC}/callbacks/twilio/calls/{ticket.key}/status"
    return CarrierCall.objects.get(public_id=ticket.key)


def post(path: str, form: dict[str, str], *, token: str = TOKEN, signature: str | None = None) -> Any:
    signed = sign(PUBLIC + path, form, token=token) if signature is None else signature
    return Client().post(path, form, headers={"X-Twilio-Signature": signed})


def state(placed: CarrierCall, word: str, *, sid: str = SID, token: str = TOKEN, **more: str) -> Any:
    form = {"AccountSid": ACCOUNT, "CallSid": sid, "CallStatus": word, **more}
    return post(f"/callbacks/twilio/calls/{placed.public_id}/status", form, token=token)


def ring(line: PhoneLine, *, sid: str = SID, to: str = "+14155550103", caller: str = "+4930901820") -> Any:
    form = {"AccountSid": ACCOUNT, "CallSid": sid, "From": caller, "To": to, "CallStatus": "ringing"}
    return post(f"/callbacks/twilio/lines/{line.public_id}", form)


def next_step(key: str, *, sid: str = SID) -> str:
    return post(f"/callbacks/twilio/calls/{key}/next", {"AccountSid": ACCOUNT, "CallSid": sid}).content.decode()


def admits(twiml: str) -> str:
    found = re.search(r'name="admits" value="([^"]+)"', twiml)
    assert found is not None, twiml
    return found[1]


# --- Calls that we placed ---------------------------------------------------------------------------------------------


def test_states_reach_the_leg_and_name_the_call(placed, told):
    answers = [state(placed, "ringing"), state(placed, "busy", SipResponseCode="486")]

    placed.refresh_from_db()
    assert [answer.status_code for answer in answers] == [204, 204]
    assert [(to, item.call, item.data) for to, item in told] == [
        (GATEWAY, placed.public_id, f"ringing,{SID},,".encode()),
        (GATEWAY, placed.public_id, f"busy,{SID},486,".encode()),
    ]
    assert (placed.sid, placed.over_at is not None, placed.sealed_secret) == (SID, True, "")


def test_the_same_again_changes_nothing(placed, told):
    state(placed, "completed")
    again = state(placed, "completed")
    late = state(placed, "ringing")

    assert (again.status_code, late.status_code, len(told)) == (204, 204, 1)


@pytest.mark.parametrize("change", [{"token": "another"}, {"signature": ""}, {"signature": "x" * 28}])
def test_what_is_not_signed_is_refused(placed, told, change):
    form = {"AccountSid": ACCOUNT, "CallSid": SID, "CallStatus": "completed"}

    for path in (f"calls/{placed.public_id}/status", f"calls/{placed.public_id}/next"):
        assert post(f"/callbacks/twilio/{path}", form, **change).status_code == 403
    for path in ("", "/status"):
        assert post(f"/callbacks/twilio/lines/{placed.line.public_id}{path}", form, **change).status_code == 403

    placed.refresh_from_db()
    assert (told, placed.sid, placed.over_at, Call.objects.count()) == ([], "", None, 1)


def test_a_signature_of_another_form_is_refused(placed):
    path = f"/callbacks/twilio/calls/{placed.public_id}/status"
    form = {"AccountSid": ACCOUNT, "CallSid": SID, "CallStatus": "ringing"}
    signature = sign(PUBLIC + path, form)

    assert post(path, {**form, "CallStatus": "completed"}, signature=signature).status_code == 403


def test_other_calls_are_not_found(placed, told):
    state(placed, "ringing")

    assert state(placed, "completed", sid=new_sid()).status_code == 404
    assert post("/callbacks/twilio/calls/carrier_0/status", {"CallSid": SID}).status_code == 404
    assert post("/callbacks/twilio/lines/line_0", {"CallSid": SID}).status_code == 404
    assert next_step(placed.public_id, sid=new_sid()) == "There is no such call.\n"
    assert len(told) == 1


def test_a_large_body_is_refused(placed):
    assert state(placed, "completed", Junk="x" * 30_000).status_code == 413


def test_a_token_that_was_changed_meanwhile(placed, told):
    lines.update_line(line=placed.line, at=timezone.now(), auth_token="a new one")

    assert state(placed, "ringing", token="a new one").status_code == 204
    assert state(placed, "in-progress").status_code == 204


def test_a_line_that_was_deleted_meanwhile(placed, told):
    lines.delete_line(line=placed.line, at=timezone.now())

    assert state(placed, "completed").status_code == 204


# --- Sockets ----------------------------------------------------------------------------------------------------------


def test_a_socket_is_let_in_once_for_each_token(placed):
    now = timezone.now()
    admits_first = admits(next_step(placed.public_id))
    opened = twilio_calls.take_stream(key=placed.public_id, token=admits_first, sid=SID, at=now)
    for token in (admits_first, "", "another"):
        with pytest.raises(twilio_calls.UnknownCall):
            twilio_calls.take_stream(key=placed.public_id, token=token, sid=SID, at=now)
    admits_next = admits(next_step(placed.public_id))

    assert opened == twilio_calls.Opened(placed.public_id, GATEWAY)
    with pytest.raises(twilio_calls.UnknownCall):
        twilio_calls.take_stream(key=placed.public_id, token=admits_next, sid=new_sid(), at=now)
    with pytest.raises(twilio_calls.UnknownCall):
        twilio_calls.take_stream(key=placed.public_id, token=admits_next, sid=SID, at=now + timedelta(minutes=2))
    assert twilio_calls.take_stream(key=placed.public_id, token=admits_next, sid=SID, at=now).holder == GATEWAY


def test_a_broken_socket_of_a_call_that_ended_is_not_opened_anew(placed):
    lifecycle.complete_call(
        call_id=placed.call.public_id, token=None, reason="media_lost", by="platform", at=timezone.now()
    )

    assert "<Hangup" in next_step(placed.public_id)


# --- Callers ----------------------------------------------------------------------------------------------------------


def test_it_rings_until_a_gateway_has_the_leg(line):
    first = ring(line)
    found = CarrierCall.objects.select_related("call").get()
    waiting = next_step(found.public_id)
    plan = legs.begin_dial(call_id=found.call.public_id, holder=GATEWAY, at=timezone.now())
    ticket = twilio_calls.take_call(key=found.public_id, holder=GATEWAY)
    joined = next_step(found.public_id)

    assert first["Content-Type"] == "text/xml; charset=utf-8"
    assert '<Pause length="1"' in first.content.decode()
    assert f"{PUBLIC}/callbacks/twilio/calls/{found.public_id}/next" in waiting
    assert (plan.spec.is_inbound, plan.spec.params["carrier_call"], ticket.sid) == (True, found.public_id, SID)
    assert f'url="wss://vani.example/media/twilio/{found.public_id}"' in joined
    assert "<Redirect" in joined
    assert (found.call.direction, found.call.to_number, found.call.from_number) == (
        "inbound",
        "+14155550103",
        "+4930901820",
    )


def test_the_same_call_twice_is_one(line):
    answers = [ring(line).content, ring(line).content]

    assert answers[0] == answers[1]
    assert (Call.objects.count(), Leg.objects.count(), CarrierCall.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("caller", ["+266696687", "", "anonymous"])
def test_a_caller_who_hides_has_no_number(line, caller):
    ring(line, caller=caller)

    assert Call.objects.get().from_number is None


def test_unknown_numbers_are_rejected_and_cost_nothing(line):
    answer = ring(line, to="+14155559999").content.decode()

    assert '<Reject reason="rejected"' in answer
    assert not Call.objects.exists()
    assert LineRefusal.objects.get().word == "unknown_number"


def test_it_is_busy_where_there_is_no_room(line):
    PhoneLine.objects.update(max_live_calls=0)

    assert '<Reject reason="busy"' in ring(line).content.decode()
    assert not Call.objects.exists()


def test_another_accounts_sid_is_not_found(line):
    form = {"AccountSid": "AC" + "9" * 32, "CallSid": SID, "From": "+4930901820", "To": "+14155550103"}

    assert post(f"/callbacks/twilio/lines/{line.public_id}", form).status_code == 404
    assert not Call.objects.exists()


def test_nobody_rings_for_ever(line):
    ring(line)
    CarrierCall.objects.update(created_at=timezone.now() - timedelta(seconds=26))
    found = CarrierCall.objects.get()

    assert '<Reject reason="busy"' in next_step(found.public_id)
    assert Call.objects.get().ended_reason == "no_capacity"


def test_a_caller_who_hangs_up_while_it_rings(line):
    ring(line)
    form = {"AccountSid": ACCOUNT, "CallSid": SID, "CallStatus": "completed"}

    answer = post(f"/callbacks/twilio/lines/{line.public_id}/status", form)

    call = Call.objects.get()
    assert (answer.status_code, call.ended_reason, call.ended_by) == (204, "canceled", "user")
    assert CarrierCall.objects.get().over_at is not None


# --- What we lost -----------------------------------------------------------------------------------------------------


@pytest.fixture
def hung_up_soon(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    queued: list[int] = []
    monkeypatch.setattr(tasks, "queue_carrier_hang_up", queued.append)
    return queued


def at_twilio(peer: TwilioPeer, placed: CarrierCall) -> None:
    """The call goes on there."""
    peer._dial({})
    sid = next(iter(peer.calls))
    peer.calls[sid].status = "in-progress"
    CarrierCall.objects.filter(pk=placed.pk).update(sid=sid)


def test_a_call_whose_gateway_died_is_hung_up(placed, peer, hung_up_soon, monkeypatch):
    monkeypatch.setattr(upkeep, "SECOND_LOOK_SECONDS", 0)
    at_twilio(peer, placed)
    now = timezone.now()
    LegHolder.objects.all().delete()

    upkeep.reap(at=now + timedelta(seconds=11))
    upkeep.reap(at=now + timedelta(seconds=20))
    twilio_calls.hang_up_lost(pk=placed.pk, at=now)
    twilio_calls.hang_up_lost(pk=placed.pk, at=now)
    upkeep.reap(at=now + timedelta(seconds=60))

    assert Call.objects.get().ended_reason == "media_lost"
    assert hung_up_soon == [placed.pk]
    assert [call.status for call in peer.calls.values()] == ["completed"]
    assert len([path for _, path in peer.requests if path.endswith(".json")]) == 1


def test_twilio_away_is_asked_again_later_and_less_and_less(placed, peer, hung_up_soon, settings):
    at_twilio(peer, placed)
    settings.TWILIO_API_URL = "http://127.0.0.1:1"
    now = timezone.now()
    twilio_calls.note_unwanted(key=placed.public_id, at=now)

    for at in (6, 7, 17, 18, 37, 38):
        twilio_calls.end_lost(at=now + timedelta(seconds=at), most=10)
        while hung_up_soon:
            twilio_calls.hang_up_lost(pk=hung_up_soon.pop(), at=now + timedelta(seconds=at))

    placed.refresh_from_db()
    assert (placed.tries, placed.over_at) == (3, None)


def test_one_whose_name_was_not_heard_is_ended_when_it_calls_back(placed, told, hung_up_soon):
    lifecycle.complete_call(
        call_id=placed.call.public_id, token=None, reason="carrier_error", by="carrier", at=timezone.now()
    )

    state(placed, "ringing")

    assert hung_up_soon == [placed.pk]


def test_one_that_is_over_there_already_is_no_error(placed, peer):
    CarrierCall.objects.filter(pk=placed.pk).update(sid=new_sid())

    twilio_calls.hang_up_lost(pk=placed.pk, at=timezone.now())

    placed.refresh_from_db()
    assert placed.over_at is not None


def test_what_cannot_live_any_more_is_forgotten(placed):
    twilio_calls.end_lost(at=timezone.now() + timedelta(hours=7), most=10)

    placed.refresh_from_db()
    assert (placed.over_at is not None, placed.sealed_secret) == (True, "")


# --- Trying a line ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        ({}, "ready", ""),
        ({"token": "wrong"}, "unauthorized", line_checks.TWILIO_REFUSES),
        ({"account": "suspended"}, "unauthorized", line_checks.TWILIO_CLOSED),
        ({"numbers": []}, "unauthorized", line_checks.TWILIO_NUMBERS),
        ({"url": "http://127.0.0.1:1"}, "unreachable", line_checks.TWILIO_AWAY),
        ({"public": "http://127.0.0.1:8000"}, "unreachable", line_checks.NOT_PUBLIC),
    ],
)
def test_a_check_says_what_is_wrong(line, peer, settings, change, status, detail):
    if token := change.get("token"):
        line = lines.update_line(line=line, at=timezone.now(), auth_token=token)
    peer.account_status = change.get("account", "active")
    peer.numbers = change.get("numbers", peer.numbers)
    settings.TWILIO_API_URL = change.get("url", peer.url)
    settings.PUBLIC_URL = change.get("public", PUBLIC)

    checked = line_checks.check_line(line=line, at=timezone.now())

    assert (checked.status, checked.status_detail) == (status, detail)
