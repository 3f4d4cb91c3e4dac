from __future__ import annotations

from collections.abc import Mapping

import pytest

from calls.telephony.base import Leg, LegKind, LegSpec
from calls.telephony.browser import BURST_FRAMES, MOST_ON_ITS_WAY, BrowserLine, browser_legs

SPEC = LegSpec("call_1", LegKind.BROWSER, "browser", "", 45)
FRAME = b"\1\0" * 320


class Listener:
    """Whoever listens to the leg: what came, in order."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def ringing(self) -> None:
        self.told.append("ringing")

    def answered(self) -> None:
        self.told.append("answered")

    def heard(self, frame: bytes) -> None:
        self.told.append(frame)

    def dtmf(self, digit: str) -> None:
        self.told.append(digit)

    def ended(self, end) -> None:
        self.told.append((end.reason.value, end.by.value))


class FakePeer:
    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.messages: list[Mapping[str, object]] = []
        self.keeps_up = True

    def play(self, frame: bytes) -> bool:
        if self.keeps_up:
            self.frames.append(frame)
        return self.keeps_up

    def tell(self, message: Mapping[str, object]) -> None:
        self.messages.append(message)


@pytest.fixture
def peer() -> FakePeer:
    return FakePeer()


@pytest.fixture
def line(peer: FakePeer) -> BrowserLine:
    return BrowserLine(peer)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
async def leg(line: BrowserLine, listener: Listener) -> Leg:
    leg = browser_legs({"call_1": line})(SPEC, listener)
    await leg.dial()
    listener.told.clear()
    return leg


async def test_whoever_opened_the_socket_has_answered(line, listener, peer):
    leg = browser_legs({"call_1": line})(SPEC, listener)
    await leg.dial()

    assert (leg.kind, leg.rate) == (LegKind.BROWSER, 16_000)
    assert listener.told == ["answered"]
    assert peer.messages == [{"type": "answered"}]
    assert line.is_dialled


async def test_a_browser_that_has_gone_was_never_answered(line, listener):
    line.close()

    await browser_legs({"call_1": line})(SPEC, listener).dial()
    await browser_legs({})(SPEC, listener).dial()

    assert listener.told == [("canceled", "user"), ("canceled", "user")]


async def test_sound_goes_both_ways(leg, line, listener, peer):
    assert line.hear(FRAME, now=1.0)
    leg.play(FRAME)

    assert listener.told == [FRAME]
    assert peer.frames == [FRAME]


async def test_closing_the_socket_hangs_up_once(leg, line, listener):
    line.hang_up()
    line.close()
    leg.play(FRAME)
    line.hear(FRAME, now=2.0)

    assert listener.told == [("user_hangup", "user")]


async def test_who_is_hung_up_on_is_told_nothing_by_the_leg(leg, line, listener, peer):
    await leg.hang_up()
    line.close()
    leg.play(FRAME)

    assert listener.told == []
    assert peer.frames == []


async def test_a_flush_tells_what_the_person_will_not_hear(leg, line, peer):
    for _ in range(10):
        leg.play(FRAME)
    line.played(6)

    assert leg.flush() == 4
    assert peer.messages[-1] == {"type": "flush"}

    line.played(10)
    assert leg.flush() == 0


async def test_what_a_browser_says_of_its_playing_is_believed_within_reason(leg, line, peer):
    for _ in range(200):
        leg.play(FRAME)
    assert leg.flush() == MOST_ON_ITS_WAY

    line.played(10**9)
    assert leg.flush() == 0
    line.played(-5)
    assert leg.flush() == 0


async def test_frames_that_were_dropped_are_not_on_their_way(leg, peer):
    leg.play(FRAME)
    peer.keeps_up = False
    leg.play(FRAME)

    assert leg.flush() == 1


async def test_a_microphone_that_falls_silent_ends_the_leg(leg, line, listener):
    for _ in range(15 * 50 - 1):
        leg.play(FRAME)
    assert listener.told == []

    leg.play(FRAME)
    assert listener.told == [("media_lost", "carrier")]


async def test_a_microphone_may_not_send_more_than_time_has(leg, line, listener):
    taken = sum(line.hear(FRAME, now=10.0) for _ in range(BURST_FRAMES + 50))
    assert taken == BURST_FRAMES

    assert line.hear(FRAME, now=10.03)
    assert not line.hear(FRAME, now=10.03)
