"""A transfer as the holder of the caller's leg has it: two lines, and who hears whom."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from calls import bus
from calls.audio.levels import dbfs
from calls.audio.wav import read_wav
from calls.telephony.base import EndedBy, EndReason, FakeLeg, LegEnd, LegKind, LegSpec
from calls.telephony.bridge import Lane
from calls.telephony.hold_music import hold_music
from calls.telephony.store import PlannedTransfer
from calls.tests.gateway.desk import Desk, sound

SILENCE = bytes(320)
MUSIC = set(hold_music(8000))
ID = "transfer_1"


def plan(*, is_warm: bool = False, is_recorded: bool = True, refer_to: str = "") -> PlannedTransfer:
    spec = LegSpec("call_1", LegKind.SANDBOX, "+15550199", "+15550101", ring_timeout=5)
    return PlannedTransfer(spec, is_warm=is_warm, is_recorded=is_recorded, refer_to=refer_to)


async def ring(desk: Desk, planned: PlannedTransfer | None = None) -> tuple[FakeLeg, FakeLeg]:
    """A call whose transfer rings: the caller's line, and the colleague's."""
    caller = await desk.converse()
    desk.store.transfers[ID] = planned or plan()
    await desk.take("worker-1", bus.Transfer("call_1", 1, ID))
    colleague = desk.others["call_1"]
    colleague.ring()
    await desk.settle()
    return caller, colleague


async def connect(desk: Desk, planned: PlannedTransfer | None = None) -> tuple[FakeLeg, FakeLeg]:
    caller, colleague = await ring(desk, planned)
    colleague.answer()
    await desk.settle()
    caller.played.clear()
    return caller, colleague


async def talk(desk: Desk, seconds: float, *speaking: tuple[FakeLeg, Sequence[bytes]]) -> None:
    """Each says a frame a tick."""
    for tick in range(round(seconds * 50)):
        for line, frames in speaking:
            if tick < len(frames):
                line.speak(frames[tick])
        await desk.pass_time(0.02)


async def states(desk: Desk, to: str = "worker-1") -> list[str]:
    return [item.state for item in await desk.hear_only(bus.TransferState, to)]


def frames(value: int, count: int) -> list[bytes]:
    return [sound(value + n) for n in range(count)]


async def test_nobody_is_dialled_who_was_not_taken_in_the_database(desk: Desk) -> None:
    await desk.converse()
    desk.store.may_dial.clear()
    desk.store.transfers[ID] = plan()

    await desk.take("worker-1", bus.Transfer("call_1", 1, ID))
    assert desk.others == {}
    desk.store.may_dial.set()
    await desk.settle()

    assert desk.others["call_1"].dialled


async def test_what_is_not_planned_is_not_dialled(desk: Desk) -> None:
    await desk.converse()

    await desk.take("worker-1", bus.Transfer("call_1", 1, "transfer_2"))

    assert desk.others == {}
    assert await states(desk) == ["dialing", "ended"]
    assert desk.store.told("transfer_ended") == [("transfer_2", "canceled")]


async def test_to_ask_twice_is_to_dial_once(desk: Desk) -> None:
    _, colleague = await ring(desk)

    await desk.take("worker-1", bus.Transfer("call_1", 1, ID))

    assert desk.others["call_1"] is colleague
    assert desk.store.told("begin_transfer") == [(ID,)]
    assert await states(desk) == ["dialing", "ringing", "ringing"]


async def test_while_it_rings_the_caller_hears_the_agent_and_then_music(desk: Desk) -> None:
    caller, _ = await ring(desk)
    caller.played.clear()

    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(5000, 3), is_last=True))
    await desk.pass_time(0.2)

    assert caller.played[:3] == frames(5000, 3)
    assert set(caller.played[3:]) <= MUSIC
    assert -36 < dbfs(b"".join(hold_music(8000))) < -28


async def test_from_the_answer_on_they_hear_each_other_and_nothing_of_themselves(desk: Desk) -> None:
    caller, colleague = await connect(desk)

    await talk(desk, 1.2, (caller, frames(1000, 50)), (colleague, frames(3000, 50)))

    assert [frame for frame in colleague.played if frame != SILENCE] == frames(1000, 50)
    assert [frame for frame in caller.played if frame != SILENCE] == frames(3000, 50)


async def test_what_is_said_at_the_very_switch_is_heard(desk: Desk) -> None:
    caller, colleague = await ring(desk)
    colleague.answer()
    colleague.speak(*frames(3000, 3))
    caller.speak(*frames(1000, 3))

    await desk.pass_time(0.3)

    assert [frame for frame in colleague.played if frame != SILENCE] == frames(1000, 3)
    assert [frame for frame in caller.played if frame not in MUSIC | {SILENCE}] == frames(3000, 3)


async def test_nobody_drives_a_connected_call_and_nobody_apologises(desk: Desk) -> None:
    caller, _ = await connect(desk)
    assert await states(desk) == ["dialing", "ringing", "connected"]

    desk.wire.dead.add("worker-1")
    await desk.pass_time(45.0)

    assert desk.holder.live == 1
    assert caller.played == [SILENCE] * 45 * 50
    assert desk.store.told("fence") == []
    assert desk.store.told("transfer_connected") == [(ID,)]


async def test_it_goes_on_while_the_bus_is_away(desk: Desk) -> None:
    caller, colleague = await connect(desk)
    desk.wire.is_broken = True

    await talk(desk, 15.0, (caller, frames(1000, 20)))

    assert [frame for frame in colleague.played if frame != SILENCE] == frames(1000, 20)
    assert desk.holder.live == 1


async def test_a_worker_that_comes_late_is_told_that_nobody_is_needed(desk: Desk) -> None:
    await connect(desk)

    await desk.take("worker-2", bus.Attach("call_1", 7))

    assert await desk.hear_only(bus.TransferState, "worker-2") == [bus.TransferState("call_1", 7, ID, "connected")]
    assert await desk.hear_only(bus.Attached, "worker-2") == []


@pytest.mark.parametrize("who", ["caller", "colleague"])
async def test_either_ends_it_as_transferred(desk: Desk, who: str) -> None:
    caller, colleague = await connect(desk)

    (caller if who == "caller" else colleague).end()
    await desk.until(lambda: desk.store.told("ended"))

    ((call, reason, by, _),) = desk.store.told("ended")
    assert (call, reason, by) == ("call_1", "transferred", "user")
    assert len(desk.store.told("transfer_ended")) == 1
    await desk.until(lambda: caller.closed and colleague.closed)
    # The transfer's end is written first: whoever completes the call finds it.
    written = [row[0] for row in desk.store.rows]
    assert written.index("transfer_ended") < written.index("ended")


async def test_the_platform_ends_both(desk: Desk) -> None:
    caller, colleague = await connect(desk)

    await desk.take("platform", bus.HangUp("call_1", 0, "api_hangup", "api", after_speech=False))
    await desk.until(lambda: caller.closed and colleague.closed and desk.store.told("ended"))

    assert desk.store.told("ended")[0][1:3] == ("api_hangup", "api")


@pytest.mark.parametrize(
    ("reason", "by"),
    [
        (EndReason.BUSY, EndedBy.CARRIER),
        (EndReason.REJECTED, EndedBy.USER),
        (EndReason.INVALID_NUMBER, EndedBy.CARRIER),
    ],
)
async def test_who_does_not_answer_leaves_the_caller_with_the_agent(desk: Desk, reason: EndReason, by: EndedBy) -> None:
    caller, colleague = await ring(desk)
    await desk.hear()

    colleague.end(reason, by)
    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(5000, 3), is_last=True))
    caller.played.clear()
    await desk.pass_time(0.1)

    told = bus.TransferState("call_1", 1, ID, "ended", reason.value)
    assert await desk.hear_only(bus.TransferState) == [told]
    assert [frame for frame in caller.played if frame != SILENCE] == frames(5000, 3)
    assert desk.store.told("transfer_ended") == [(ID, reason.value)]
    assert desk.holder.live == 1


async def test_it_does_not_ring_for_ever(desk: Desk) -> None:
    caller, colleague = await ring(desk)

    await desk.pass_time(6.0, bus.Beat("call_1", 1, 0))
    await desk.until(lambda: colleague.closed)

    assert desk.store.told("transfer_ended") == [(ID, "no_answer")]
    assert not caller.over


async def test_a_caller_who_hangs_up_lets_it_ring_no_longer(desk: Desk) -> None:
    caller, colleague = await ring(desk)

    caller.end()
    await desk.until(lambda: colleague.closed and desk.store.told("ended"))

    assert desk.store.told("ended")[0][1] == "user_hangup"
    assert desk.store.told("transfer_connected") == []


async def test_in_a_warm_one_the_agent_speaks_with_the_colleague_first(desk: Desk) -> None:
    caller, colleague = await connect(desk, plan(is_warm=True))
    await desk.hear()

    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(5000, 3), is_last=True))
    await talk(desk, 0.5, (caller, frames(1000, 10)), (colleague, frames(3000, 10)))

    heard = b"".join(item.pcm for item in await desk.hear_only(bus.Heard))
    assert [frame for frame in colleague.played if frame != SILENCE] == frames(5000, 3)
    assert set(caller.played) <= MUSIC
    assert sound(3009) in heard
    assert sound(1000) not in heard


async def test_a_colleague_who_takes_it_gets_the_caller(desk: Desk) -> None:
    caller, colleague = await connect(desk, plan(is_warm=True))

    await desk.take("worker-1", bus.Connect("call_1", 1))
    await talk(desk, 0.5, (caller, frames(1000, 10)), (colleague, frames(3000, 10)))

    assert await states(desk) == ["dialing", "ringing", "answered", "connected"]
    assert [frame for frame in colleague.played if frame != SILENCE] == frames(1000, 10)
    assert [frame for frame in caller.played if frame not in MUSIC | {SILENCE}] == frames(3000, 10)


async def test_a_colleague_who_does_not_is_let_go(desk: Desk) -> None:
    caller, colleague = await connect(desk, plan(is_warm=True))
    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(5000, 3), is_last=True))

    await desk.take("worker-1", bus.DropTransfer("call_1", 1, "rejected"))
    caller.played.clear()
    await desk.pass_time(0.1)
    await desk.until(lambda: colleague.closed)

    assert await states(desk) == ["dialing", "ringing", "answered", "ended"]
    # Not what was meant for the colleague.
    assert set(caller.played) == {SILENCE}
    assert desk.store.told("transfer_ended") == [(ID, "rejected")]


@pytest.mark.parametrize("item", [bus.Connect("call_1", 9), bus.DropTransfer("call_1", 9, "rejected")])
async def test_who_does_not_drive_the_call_connects_nobody(desk: Desk, item: bus.Item) -> None:
    await connect(desk, plan(is_warm=True))

    await desk.take("worker-9", item)
    await desk.take("worker-1", bus.Connect("call_1", 0))

    assert desk.store.told("transfer_connected") == []
    assert desk.store.told("transfer_ended") == []


async def test_a_call_is_not_connected_before_somebody_answers(desk: Desk) -> None:
    await ring(desk, plan(is_warm=True))

    await desk.take("worker-1", bus.Connect("call_1", 1))

    assert desk.store.told("transfer_connected") == []


async def test_another_worker_goes_on_with_it(desk: Desk) -> None:
    _, colleague = await connect(desk, plan(is_warm=True))

    await desk.take("worker-2", bus.Attach("call_1", 2), bus.Transfer("call_1", 2, ID))
    await desk.take("worker-2", bus.Connect("call_1", 2))

    assert await states(desk, "worker-2") == ["answered", "connected"]
    assert desk.store.told("begin_transfer") == [(ID,)]
    assert not colleague.over


async def test_keys_go_to_whom_they_are_pressed_for(desk: Desk) -> None:
    caller, colleague = await connect(desk, plan(is_warm=True))
    await desk.hear()

    colleague.press("1")
    caller.press("5")
    assert [item.digit for item in await desk.hear_only(bus.Digit)] == ["1"]

    await desk.take("worker-1", bus.Connect("call_1", 1))
    colleague.press("2")
    caller.press("6")
    await desk.settle()

    assert (caller.digits, colleague.digits) == ("2", "6")
    assert await desk.hear_only(bus.Digit) == []


@pytest.mark.parametrize("is_recorded", [True, False])
async def test_the_recording_goes_on_or_does_not(desk: Desk, is_recorded: bool) -> None:
    caller, colleague = await connect(desk, plan(is_recorded=is_recorded))

    await talk(desk, 1.0, (caller, frames(1000, 40)), (colleague, frames(3000, 40)))
    caller.end()
    await desk.until(lambda: desk.store.told("ended"))

    facts = desk.store.told("ended")[0][3]
    samples, _ = read_wav(desk.directory / facts.path)
    assert samples.max(axis=0).tolist() == ([1039, 3039] if is_recorded else [0, 0])


async def test_music_is_not_recorded(desk: Desk) -> None:
    caller, _ = await ring(desk)
    await desk.pass_time(0.5)
    caller.end()
    await desk.until(lambda: desk.store.told("ended"))

    samples, _ = read_wav(desk.directory / "call_1.wav")
    assert not samples.any()


async def test_a_gateway_that_stops_ends_both(desk: Desk) -> None:
    caller, colleague = await connect(desk)

    desk.holder._switchboard.end_all(LegEnd(EndReason.MEDIA_LOST, EndedBy.PLATFORM))
    await desk.until(lambda: caller.closed and colleague.closed and desk.store.told("ended"))

    assert desk.store.told("ended")[0][1:3] == ("media_lost", "platform")
    assert desk.store.told("transfer_ended") == [(ID, "media_lost")]


async def test_a_line_that_cannot_be_made_is_a_transfer_that_failed(desk: Desk) -> None:
    await desk.converse()
    desk.store.transfers[ID] = plan()
    desk.refuse = ValueError("no such kind")

    await desk.take("worker-1", bus.Transfer("call_1", 1, ID))

    assert await states(desk) == ["dialing", "ended"]
    assert desk.holder.live == 1


async def test_a_database_that_is_away_dials_nobody(desk: Desk) -> None:
    await desk.converse()
    desk.store.transfers[ID] = plan()
    desk.store.is_away = True

    await desk.take("worker-1", bus.Transfer("call_1", 1, ID))

    assert desk.others == {}
    assert await states(desk) == ["dialing", "ended"]


async def test_nobody_takes_over_from_the_agent_in_a_transfer(desk: Desk) -> None:
    await ring(desk)

    await desk.take("web-1", bus.Operate("call_1", 0, "anna", "line-1", is_on=True))

    assert await desk.hear_only(bus.Operating, "web-1") == [bus.Operating("call_1", 0, "line-1", is_on=False)]


async def test_a_goodbye_is_not_turned_into_a_transfer(desk: Desk) -> None:
    await desk.converse()
    desk.store.transfers[ID] = plan()
    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(5000, 30), is_last=True))
    await desk.take("worker-1", bus.HangUp("call_1", 1, "agent_hangup", "agent", after_speech=True))

    await desk.take("worker-1", bus.Transfer("call_1", 1, ID))

    assert desk.others == {}
    assert desk.store.told("transfer_ended") == [(ID, "canceled")]


class Referring(FakeLeg):
    """A line whose carrier is asked."""

    refused: LegEnd | None = None

    async def refer(self, to: str) -> LegEnd | None:
        self.referred_to = to
        return self.refused


@pytest.mark.parametrize("refused", [None, LegEnd(EndReason.BUSY, EndedBy.CARRIER)])
async def test_the_carrier_can_do_it(desk: Desk, refused: LegEnd | None) -> None:
    desk.leg_class = Referring
    caller = await desk.converse()
    assert isinstance(caller, Referring)
    caller.refused = refused
    desk.store.transfers[ID] = plan(refer_to="sip:sales@pbx.example.com")

    await desk.take("worker-1", bus.Transfer("call_1", 1, ID))
    await desk.until(lambda: desk.store.told("transfer_ended"))

    assert caller.referred_to == "sip:sales@pbx.example.com"
    assert desk.others == {}
    if refused is None:
        await desk.until(lambda: desk.store.told("ended"))
        assert desk.store.told("transfer_connected") == [(ID,)]
        assert desk.store.told("ended")[0][1:3] == ("transferred", "agent")
    else:
        assert await states(desk) == ["dialing", "ended"]
        assert desk.holder.live == 1


async def test_a_carrier_that_cannot_is_not_asked(desk: Desk) -> None:
    await ring(desk, plan(refer_to="sip:sales@pbx.example.com"))

    assert desk.others["call_1"].dialled


def test_a_lane_waits_for_two_frames_and_keeps_six() -> None:
    lane = Lane()
    lane.put(b"1")
    assert lane.next() is None

    for n in range(2, 10):
        lane.put(str(n).encode())

    assert [lane.next() for _ in range(8)] == [b"4", b"5", b"6", b"7", b"8", b"9", None, None]
