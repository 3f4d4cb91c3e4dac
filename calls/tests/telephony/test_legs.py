from __future__ import annotations

import pytest

from calls.telephony.base import EndedBy, EndReason, FakeLeg, LegEnd, LegKind, LegSpec, UnknownLegKind, make_leg

SPEC = LegSpec("call_1", LegKind.SANDBOX, "+15005550100", "+15005550199", 45, params={"password": "s3cret"})


class Heard:
    def __init__(self) -> None:
        self.log: list[object] = []

    def ringing(self) -> None:
        self.log.append("ringing")

    def answered(self) -> None:
        self.log.append("answered")

    def heard(self, frame: bytes) -> None:
        self.log.append(frame)

    def dtmf(self, digit: str) -> None:
        self.log.append(digit)

    def ended(self, end: LegEnd) -> None:
        self.log.append(end)


def test_numbers_and_passwords_stay_out_of_the_repr():
    assert "+1500" not in repr(SPEC)
    assert "s3cret" not in repr(SPEC)


def test_makes_the_leg_of_its_kind():
    leg = make_leg({LegKind.SANDBOX: FakeLeg}, SPEC, Heard())

    assert isinstance(leg, FakeLeg)
    assert leg.spec is SPEC


def test_refuses_a_kind_that_is_not_there():
    with pytest.raises(UnknownLegKind):
        make_leg({LegKind.SIP: FakeLeg}, SPEC, Heard())


async def test_a_fake_leg_does_what_the_test_says():
    events = Heard()
    leg = FakeLeg(SPEC, events)

    await leg.dial()
    leg.ring()
    leg.answer()
    leg.speak(b"a", b"b")
    leg.press("5")
    leg.play(b"c")
    leg.end()
    leg.end()

    assert events.log == ["ringing", "answered", b"a", b"b", "5", LegEnd(EndReason.USER_HANGUP, EndedBy.USER)]
    assert leg.played == [b"c"]


async def test_nothing_comes_after_a_hang_up_of_ours():
    events = Heard()
    leg = FakeLeg(SPEC, events)

    await leg.hang_up()
    leg.end()

    assert events.log == []
