"""A line that a gateway has for a web process: both halves, with a wire between them that the test may cut."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from calls import bus
from calls.audio.framing import frame_bytes, silent_frame
from calls.telephony.base import EndedBy, EndReason, FakeLeg, Leg, LegEnd, LegEvents, LegKind, LegSpec
from calls.telephony.browser import BROWSER_RATE
from calls.telephony.relay import BURST_FRAMES, ENDING, Relay
from calls.telephony.relayed import LOST, LOST_SECONDS, NO_GATEWAY, TRANSFER, RelayedLines, relayed_legs
from tests.phone.caller import Caller

WEB, GATEWAY, ELSE = "web-1", "gateway-1", "web-2"
THEIRS = LegSpec("call_1", LegKind.SIP, "+14155552671", "+14155550101", 30, params={"password": "secret"})
SPEC = LegSpec("call_1", LegKind.SIP, "+14155552671", "+14155550101", 30, params={TRANSFER: "transfer_1"})


class Wired:
    def __init__(self, *, spec: LegSpec | None = THEIRS, gateway: str | None = GATEWAY) -> None:
        self.now = 0.0
        self.is_cut = False
        self.sent: list[bus.Item] = []
        self.theirs: list[FakeLeg] = []
        self.asked: list[tuple[str, str]] = []
        self.caller = Caller()

        async def plan(transfer: str, holder: str) -> LegSpec | None:
            self.asked.append((transfer, holder))
            return spec

        async def find() -> str | None:
            return gateway

        self.relay = Relay(kinds={LegKind.SIP: self._make}, plan=plan, send=self._down, clock=lambda: self.now)
        self.lines = RelayedLines(find=find, send=self._up)
        self.leg = relayed_legs(self.lines)(SPEC, self.caller)

    async def dialled(self) -> FakeLeg:
        await self.leg.dial()
        await settle()
        return self.theirs[0]

    def look(self) -> None:
        self.relay.look()

    def _make(self, spec: LegSpec, events: LegEvents) -> Leg:
        self.theirs.append(FakeLeg(spec, events))
        return self.theirs[-1]

    def _up(self, to: str, item: bus.Item) -> None:
        self.sent.append(item)
        if not self.is_cut:
            assert isinstance(item, bus.ToLine)
            self.relay.take(WEB, item)

    def _down(self, to: str, item: bus.Item) -> None:
        if not self.is_cut:
            assert isinstance(item, bus.FromLine)
            self.lines.take(GATEWAY, item)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def tone(rate: int, frames: int) -> list[bytes]:
    samples = (8000 * np.sin(2 * np.pi * 440 * np.arange(rate // 50 * frames) / rate)).astype("<i2").tobytes()
    size = frame_bytes(rate)
    return [samples[at : at + size] for at in range(0, len(samples), size)]


def hertz(pcm: bytes, rate: int) -> float:
    samples = np.frombuffer(pcm, "<i2")
    return float(np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples))


async def test_they_hear_each_other_at_their_own_rates() -> None:
    wired = Wired()
    theirs = await wired.dialled()
    theirs.ring()
    theirs.answer()
    for frame in tone(BROWSER_RATE, 50):
        wired.now += 0.02
        wired.leg.play(frame)
    theirs.speak(*tone(8000, 50))
    theirs.press("5")
    await wired.leg.send_dtmf("7")
    await settle()

    assert wired.asked == [("transfer_1", WEB)]
    assert wired.caller.log == ["ringing", "answered"]
    assert {len(frame) for frame in theirs.played} == {frame_bytes(8000)}
    # What the filters still hold is little.
    assert len(theirs.played) >= 45
    assert len(wired.caller.sound) >= 45 * frame_bytes(BROWSER_RATE)
    assert len(wired.caller.sound) % frame_bytes(BROWSER_RATE) == 0
    assert hertz(b"".join(theirs.played), 8000) == pytest.approx(440, abs=5)
    assert hertz(wired.caller.sound, BROWSER_RATE) == pytest.approx(440, abs=5)
    assert (wired.caller.digits, theirs.digits) == ("5", "7")


async def test_what_waited_while_the_bus_stood_still_makes_nothing_late() -> None:
    wired = Wired()
    theirs = await wired.dialled()
    theirs.answer()
    for frame in tone(BROWSER_RATE, 200):
        wired.leg.play(frame)
    assert len(theirs.played) == BURST_FRAMES
    for frame in tone(BROWSER_RATE, 50):
        wired.now += 0.02
        wired.leg.play(frame)

    # The filter gives some of them two at a time.
    assert len(theirs.played) >= BURST_FRAMES + 45


async def test_no_secret_goes_over_the_bus() -> None:
    wired = Wired()
    await wired.dialled()

    assert wired.sent == [bus.ToLine("transfer_1", 0, "dial")]
    assert wired.theirs[0].spec == THEIRS


async def test_it_is_dialled_once_and_for_nobody_else() -> None:
    wired = Wired()
    theirs = await wired.dialled()
    wired.relay.take(WEB, bus.ToLine("transfer_1", 0, "dial"))
    for what in ("dial", "sound", "hang_up"):
        wired.relay.take(ELSE, bus.ToLine("transfer_1", 0, what, silent_frame(8000)))
    wired.lines.take("gateway-2", bus.FromLine("transfer_1", 0, "answered"))
    await settle()

    assert len(wired.theirs) == 1
    assert (theirs.played, theirs.closed, wired.caller.log) == ([], False, [])


async def test_why_it_ended_is_told() -> None:
    wired = Wired()
    theirs = await wired.dialled()
    theirs.end(EndReason.BUSY, EndedBy.CARRIER, "SIP 486")
    await settle()

    assert wired.caller.end == LegEnd(EndReason.BUSY, EndedBy.CARRIER, "SIP 486")
    assert theirs.closed


async def test_whoever_hangs_up_ends_it_and_hears_no_more() -> None:
    wired = Wired()
    theirs = await wired.dialled()
    theirs.answer()
    await wired.leg.close()
    await wired.leg.close()
    await settle()

    assert theirs.closed
    assert wired.caller.log == ["answered"]
    assert wired.sent.count(bus.ToLine("transfer_1", 0, "hang_up")) == 1


async def test_a_hang_up_outruns_the_dialling() -> None:
    wired = Wired()
    await wired.leg.dial()
    await wired.leg.hang_up()
    await settle()

    assert wired.theirs == []


@pytest.mark.parametrize(
    ("wired", "why"),
    [
        (lambda: Wired(gateway=None), NO_GATEWAY),
        (lambda: Wired(spec=None), LegEnd(EndReason.CANCELED, EndedBy.PLATFORM, "not to be dialled")),
        (
            lambda: Wired(spec=LegSpec("call_1", LegKind.TWILIO, "", "", 30)),
            LegEnd(EndReason.CARRIER_ERROR, EndedBy.PLATFORM, "UnknownLegKind"),
        ),
    ],
    ids=["no gateway", "not wanted", "cannot be made"],
)
async def test_nobody_is_dialled(wired: type[Wired], why: LegEnd) -> None:
    talk = wired()
    await talk.leg.dial()
    await settle()

    assert (talk.theirs, talk.caller.end) == ([], why)


async def test_a_web_process_that_is_gone_leaves_nobody_on_the_line() -> None:
    wired = Wired()
    theirs = await wired.dialled()
    theirs.answer()
    for _ in range(20):
        wired.now += LOST_SECONDS / 2
        wired.leg.play(silent_frame(BROWSER_RATE))
        wired.leg.play(silent_frame(BROWSER_RATE))
        wired.look()
    assert not theirs.closed
    wired.is_cut = True
    wired.now += LOST_SECONDS
    wired.look()
    await settle()

    assert theirs.closed


async def test_it_does_not_ring_for_ever() -> None:
    wired = Wired()
    theirs = await wired.dialled()
    wired.now += THEIRS.ring_timeout
    wired.look()
    assert not theirs.closed
    wired.is_cut = True
    wired.now += LOST_SECONDS
    wired.look()
    await settle()

    assert theirs.closed


async def test_a_gateway_that_is_gone_is_missed() -> None:
    wired = Wired()
    (await wired.dialled()).answer()
    wired.is_cut = True
    for _ in range(int(LOST_SECONDS * 50)):
        wired.leg.play(silent_frame(BROWSER_RATE))

    assert wired.caller.end == LOST


async def test_a_quiet_line_is_not_taken_for_a_lost_one() -> None:
    wired = Wired()
    (await wired.dialled()).answer()
    for number in range(int(LOST_SECONDS * 50) * 2):
        wired.leg.play(silent_frame(BROWSER_RATE))
        if number % 50 == 0:
            wired.look()

    assert wired.caller.end is None


async def test_a_gateway_that_ends_says_so() -> None:
    wired = Wired()
    theirs = await wired.dialled()
    theirs.answer()
    await wired.relay.close()

    assert (wired.caller.end, theirs.closed) == (ENDING, True)


async def test_a_gateway_counts_its_lines_and_waits_for_the_last_before_it_ends() -> None:
    wired = Wired()
    assert (wired.relay.live, wired.lines.live) == (0, 0)
    await wired.dialled()
    assert (wired.relay.live, wired.lines.live) == (1, 0)
    waiting = asyncio.create_task(wired.relay.emptied())
    await settle()
    assert not waiting.done()

    await wired.leg.hang_up()
    await settle()

    assert wired.relay.live == 0
    assert waiting.done()
