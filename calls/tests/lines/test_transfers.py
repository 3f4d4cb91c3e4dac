"""Who may be reached by a transfer, what it does to the call, and who pays for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agents import services as agents
from agents.models import Agent
from billing.models import Balance
from calls import bus
from calls.models import Call, CallEvent, Leg, PublicTalk, TalkLink, Transfer
from calls.services import control, legs, lifecycle, starting, transcripts, transfers, upkeep
from calls.services.lifecycle import Superseded
from calls.tests.conftest import GATEWAY, NOW, WORKER, answer, end_leg, make_call, make_holder, seconds
from calls.tests.lines.conftest import make_line
from conftest import make_account, make_agent

pytestmark = pytest.mark.usefixtures("db")

SALES = {"name": "Sales", "to": "+14155552671", "mode": "warm", "announcement": "One moment."}
DESK = {"name": "Desk", "to": "sip:100@sip.carrier.example.com"}
TRY = {"name": "Try", "to": "+15005550001"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bus.Item]]:
    """What went over the bus."""
    items: list[tuple[str, bus.Item]] = []
    monkeypatch.setattr(control, "publish", lambda to, item: items.append((to, item)) or 1)
    return items


@pytest.fixture
def agent(account: Any) -> Agent:
    return make_agent(account, transfers=[SALES | {"when": "", "via": "bridge"}, DESK, TRY])


@pytest.fixture
def call(agent: Agent, told: object) -> Call:
    return talking(make_call(agent))


def talking(call: Call) -> Call:
    lifecycle.claim_call(call_id=call.pk, worker=WORKER, at=NOW)
    answer(call)
    call.refresh_from_db()
    return call


def begin(transfer: Transfer, *, holder: str = GATEWAY) -> Any:
    return transfers.begin_transfer(
        call_id=transfer.call.public_id, transfer_id=transfer.public_id, holder=holder, at=NOW
    )


def connect(transfer: Transfer, *, at: Any = NOW) -> bool:
    return transfers.mark_transfer_connected(transfer_id=transfer.public_id, holder=GATEWAY, at=at)


def connected(call: Call) -> Transfer:
    transfer = transfers.request_transfer(call=call, by="api", name="Sales", at=NOW)
    begin(transfer)
    transfers.mark_transfer_answered(transfer_id=transfer.public_id, holder=GATEWAY, at=NOW)
    assert connect(transfer)
    call.refresh_from_db()
    return transfer


def types_of(call: Call) -> list[str]:
    return list(CallEvent.objects.filter(call=call, seq__gt=2).order_by("seq").values_list("type", flat=True))


def test_the_worker_is_told_and_it_is_announced(call, told, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        transfer = transfers.request_transfer(call=call, by="api", name="sales", at=NOW)

    assert (transfer.to, transfer.mode, transfer.kind, transfer.status) == (
        "+14155552671",
        "warm",
        "sandbox",
        "planned",
    )
    item = bus.PutThrough(call.public_id, 0, transfer.public_id, "Sales", "warm", "One moment.")
    assert told == [(WORKER, item)]
    event = CallEvent.objects.get(call=call, type="call.transferring")
    assert event.data == {"name": "Sales", "to": "+14155552671", "mode": "warm"}


@pytest.mark.parametrize(
    "wanted",
    [
        {"to": "+14155552672"},
        {"to": "+19005550100"},
        {"name": "Sales'; DROP TABLE calls_call; --"},
        {"name": "Sal"},
        {"name": ""},
        {"to": "sip:100@sip.carrier.example.com.evil.example"},
        {"to": "sip:100@sip.carrier.example.com\r\nTo: x"},
        {"name": "+14155552672"},
        {"name": "\x00"},
    ],
)
def test_nobody_else_is_reached_whatever_is_asked(call, told, wanted: dict[str, str]) -> None:
    with pytest.raises(transfers.NotADestination):
        transfers.request_transfer(call=call, by="api", **wanted, at=NOW)
    said = "".join(wanted.values())
    transfers.request_by_agent(call_id=call.public_id, token=call.token, name=said, at=NOW)

    assert Transfer.objects.count() == 0
    assert types_of(call) == []


def test_an_agent_that_is_refused_is_told(call, told, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        transfers.request_by_agent(call_id=call.public_id, token=call.token, name="+19005550100", at=NOW)

    assert told == [(WORKER, bus.TransferState(call.public_id, 0, "", "ended", "refused"))]


def test_a_worker_that_lost_the_call_transfers_nothing(call) -> None:
    with pytest.raises(Superseded):
        transfers.request_by_agent(call_id=call.public_id, token=call.token - 1, name="Sales", at=NOW)

    assert Transfer.objects.count() == 0


def test_the_version_counts_that_the_call_was_placed_with(call, agent) -> None:
    agents.update_agent(agent=agent, settings={"transfers": [{"name": "New", "to": "+493090182000"}]})

    with pytest.raises(transfers.NotADestination):
        transfers.request_transfer(call=call, by="api", name="New", at=NOW)


def test_a_row_that_somebody_else_changed_is_not_dialled(call) -> None:
    transfer = transfers.request_transfer(call=call, by="api", name="Sales", at=NOW)
    Transfer.objects.update(to="+19005550100")

    assert begin(transfer) is None


def test_it_is_dialled_once_and_by_the_holder_of_the_caller(call) -> None:
    transfer = transfers.request_transfer(call=call, by="api", name="Sales", at=NOW)

    assert begin(transfer, holder="gateway-9999") is None
    plan = begin(transfer)
    assert plan is not None
    assert (plan.spec.to_number, plan.is_warm, plan.refer_to) == ("+14155552671", True, "")
    # It did not get the first answer.
    assert begin(transfer) == plan
    transfers.mark_transfer_ringing(transfer_id=transfer.public_id, holder=GATEWAY)
    assert begin(transfer) is None


def test_one_at_a_time_and_five_in_all(call) -> None:
    for _ in range(5):
        transfer = transfers.request_transfer(call=call, by="agent", name="Sales", at=NOW)
        with pytest.raises(transfers.NotTransferable, match="already"):
            transfers.request_transfer(call=call, by="agent", name="Try", at=NOW)
        transfers.mark_transfer_ended(transfer_id=transfer.public_id, holder=GATEWAY, reason="busy", detail="", at=NOW)

    with pytest.raises(transfers.NotTransferable, match="at most 5"):
        transfers.request_transfer(call=call, by="agent", name="Sales", at=NOW)
    assert types_of(call).count("call.transfer_failed") == 5


def test_only_an_answered_call_is_transferred(agent, told) -> None:
    with pytest.raises(transfers.NotTransferable):
        transfers.request_transfer(call=make_call(agent), by="api", name="Sales", at=NOW)


def test_a_gateway_dials_for_a_talk_in_a_browser(account, agent, told) -> None:
    make_line(account)
    talk = talking(make_call(agent))
    Leg.objects.filter(call=talk).update(kind=Leg.Kind.BROWSER)
    transfer = transfers.request_transfer(call=talk, by="api", name="Sales", at=NOW)

    def planned(holder: str) -> Any:
        return transfers.plan_for_gateway(transfer_id=transfer.public_id, holder=holder)

    assert planned(GATEWAY) is None
    plan = begin(transfer)
    assert plan is not None
    # What the line's secrets are is not told.
    assert plan.spec.params == {"transfer": transfer.public_id}
    assert planned("web-9999") is None
    whole = planned(GATEWAY)
    assert (whole.to_number, whole.kind) == ("+14155552671", plan.spec.kind)
    assert "password" in whole.params
    transfers.mark_transfer_ended(transfer_id=transfer.public_id, holder=GATEWAY, reason="busy", detail="", at=NOW)
    assert planned(GATEWAY) is None


def test_a_talk_over_a_public_link_makes_no_phone_ring(account, agent, told) -> None:
    talk = talking(make_call(agent))
    link = TalkLink.objects.create(account=account, agent=agent, created_at=NOW)
    PublicTalk.objects.create(call=talk, link=link, visitor="visitor", created_at=NOW)

    with pytest.raises(transfers.NotTransferable, match="public link"):
        transfers.request_transfer(call=talk, by="agent", name="Sales", at=NOW)


def test_what_goes_out_over_which_line(account, agent, told) -> None:
    line = make_line(account)
    call = talking(
        starting.start_call(
            account=account,
            agent=agent,
            api_key=None,
            to_number="+14155550199",
            from_number="+14155550102",
            metadata={},
            at=NOW,
        )
    )
    routes = {}
    for name in ("Sales", "Desk", "Try"):
        transfer = transfers.request_transfer(call=call, by="api", name=name, at=NOW)
        plan = begin(transfer)
        routes[name] = (transfer.kind, transfer.phone_line, plan.spec.to_number, plan.spec.from_number)
        transfers.mark_transfer_ended(transfer_id=transfer.public_id, holder=GATEWAY, reason="busy", detail="", at=NOW)

    assert routes == {
        "Sales": ("sip", line, "+14155552671", "+14155550102"),
        "Desk": ("sip", line, "100", "+14155550102"),
        "Try": ("sandbox", None, "+15005550001", "+14155550102"),
    }


def test_a_sip_address_of_nobodys_line_is_not_dialled(call) -> None:
    with pytest.raises(transfers.NotTransferable, match="domain"):
        transfers.request_transfer(call=call, by="api", name="Desk", at=NOW)


def test_somebody_elses_line_is_not_taken(call) -> None:
    make_line(make_account("other@example.com"))

    with pytest.raises(transfers.NotTransferable, match="domain"):
        transfers.request_transfer(call=call, by="api", name="Desk", at=NOW)


def test_a_line_that_is_full_takes_no_transfer_and_a_transfer_fills_it(account, agent, told) -> None:
    line = make_line(account, max_live_calls=2)
    call = talking(make_call(agent))
    transfers.request_transfer(call=call, by="api", name="Sales", at=NOW)

    assert starting.live_on_line(line.pk) == 2
    with pytest.raises(starting.TooManyLiveCalls):
        make_call(agent)
    Transfer.objects.update(status="ended", ended_at=NOW, ended_reason="busy")
    other = talking(make_call(agent))
    with pytest.raises(transfers.NotTransferable, match="as many"):
        transfers.request_transfer(call=other, by="api", name="Sales", at=NOW)


def test_the_trunk_is_asked_where_that_is_wanted(account, told) -> None:
    make_line(account)
    agent = make_agent(account, transfers=[SALES | {"mode": "cold", "via": "refer"}, DESK | {"via": "refer"}])
    call = talking(make_call(agent))
    referred = []
    for name in ("Sales", "Desk"):
        transfer = transfers.request_transfer(call=call, by="api", name=name, at=NOW)
        referred.append(begin(transfer).refer_to)
        transfers.mark_transfer_ended(transfer_id=transfer.public_id, holder=GATEWAY, reason="busy", detail="", at=NOW)

    assert referred == ["sip:+14155552671@sip.carrier.example.com", DESK["to"]]


def test_once_connected_nobody_drives_the_call(call, queued) -> None:
    connected(call)
    make_holder(seen_at=NOW + seconds(700))

    assert (call.transferred_at, call.worker, call.lease_until) == (NOW, "", None)
    assert lifecycle.claim_call(call_id=call.pk, worker="worker-2", at=NOW) is None
    assert lifecycle.fence_call(call_id=call.public_id, token=call.token, at=NOW) is None
    queued.clear()
    # Longer than its agent may talk.
    upkeep.reap(at=NOW + seconds(700))
    call.refresh_from_db()
    assert (call.status, queued) == ("in_progress", [])
    with pytest.raises(control.CallNotLive, match="transferred"):
        control.say(call=call, text="Hello?", at=NOW)
    with pytest.raises(transfers.NotTransferable, match="already"):
        transfers.request_transfer(call=call, by="api", name="Try", at=NOW)


def test_what_its_last_worker_has_still_to_write_is_written(call) -> None:
    connected(call)

    transcripts.record_user_turn(
        call_id=call.public_id, token=call.token, text="Thank you.", start_ms=0, end_ms=900, at=NOW
    )

    assert types_of(call)[-1] == "transcript.update"


def test_it_is_connected_once_and_not_after_its_end(call) -> None:
    transfer = connected(call)

    assert connect(transfer) is False
    assert types_of(call).count("call.transferred") == 1


def test_a_caller_who_was_gone_is_not_connected(call) -> None:
    transfer = transfers.request_transfer(call=call, by="api", name="Sales", at=NOW)
    begin(transfer)
    end_leg(call, at=NOW)
    legs.finish_call(call_id=call.public_id, at=NOW)

    assert connect(transfer) is False
    transfer.refresh_from_db()
    assert (transfer.status, transfer.ended_reason) == ("ended", "user_hangup")


def test_the_minutes_are_held_and_paid_to_the_end(call) -> None:
    connected(call)

    for second in range(0, 900, 5):
        assert transfers.keep_connected(holder=GATEWAY, at=NOW + seconds(second)) == {}
    assert Balance.objects.get(account=call.account).held == 16 * call.rate_per_minute

    end_leg(call, reason="transferred", at=NOW + seconds(900))
    assert legs.finish_call(call_id=call.public_id, at=NOW + seconds(901))
    call.refresh_from_db()
    assert (call.status, call.ended_reason, call.duration) == ("completed", "transferred", 900)
    assert call.cost == 15 * call.rate_per_minute
    assert Balance.objects.get(account=call.account).held == 0


def test_it_ends_when_the_credits_are_gone(told) -> None:
    poor = make_account("poor@example.com", micro_credits=120_000)
    call = talking(make_call(make_agent(poor, transfers=[SALES])))
    connected(call)

    over = [
        second
        for second in range(0, 60, 5)
        if transfers.keep_connected(holder=GATEWAY, at=NOW + seconds(second))
        == {call.public_id: ("credits_exhausted", "platform")}
    ]

    assert over == [50, 55]


def test_two_who_forgot_to_hang_up_are_ended(call) -> None:
    connected(call)
    Call.objects.update(rate_per_minute=0)

    over = transfers.keep_connected(holder=GATEWAY, at=NOW + timedelta(hours=4))

    assert over == {call.public_id: ("max_duration", "platform")}


def test_others_look_after_their_own(call) -> None:
    connected(call)

    assert transfers.keep_connected(holder="gateway-9999", at=NOW + timedelta(hours=9)) == {}


def test_a_holder_that_died_takes_both_with_it(call, queued, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "SECOND_LOOK_SECONDS", 0)
    transfer = connected(call)
    make_holder(seen_at=NOW)

    upkeep.reap(at=NOW + seconds(11))

    call.refresh_from_db()
    transfer.refresh_from_db()
    assert (call.status, call.ended_reason, call.cost) == ("failed", "media_lost", 0)
    assert (transfer.status, transfer.ended_reason) == ("ended", "media_lost")
