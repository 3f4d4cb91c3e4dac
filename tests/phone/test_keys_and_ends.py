"""Keys that are pressed, and calls that the far end ends: against SIPp."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from calls.telephony.base import EndedBy, EndReason, LegEnd
from tests.phone import sipp
from tests.phone.caller import Caller, a_phone, leg_to, talk

pytestmark = pytest.mark.system


async def test_a_key_by_info(tmp_path: Path) -> None:
    caller = Caller()
    presses = (
        sipp.receives("INVITE")
        + sipp.says("200 OK", sdp="0 101", retrans=True)
        + sipp.receives("ACK")
        + sipp.pause(0.5)
        + sipp.sends("INFO", body="Signal=5\nDuration=160", content_type="application/dtmf-relay")
        + sipp.hears(200)
        + sipp.receives("BYE")
        + sipp.confirms()
    )
    async with sipp.sipp(tmp_path, presses) as port, a_phone() as phone, asyncio.timeout(20):
        leg = leg_to(port, phone, caller)
        await leg.dial()
        await caller.is_answered.wait()
        await talk(leg, [], then_silence=75)
        await leg.hang_up()

    assert caller.digits == "5"


async def test_they_hang_up(tmp_path: Path) -> None:
    caller = Caller()
    hangs_up = (
        sipp.receives("INVITE")
        + sipp.says("183 Session Progress", sdp="0 101")
        + sipp.says("200 OK", sdp="0 101", retrans=True)
        + sipp.receives("ACK")
        + sipp.pause(0.3)
        + sipp.sends("BYE")
        + sipp.hears(200)
    )
    async with sipp.sipp(tmp_path, hangs_up) as port, a_phone() as phone, asyncio.timeout(20):
        await leg_to(port, phone, caller).dial()
        await caller.is_over.wait()

    assert caller.log == ["ringing", "answered", "ended"]
    assert caller.end == LegEnd(EndReason.USER_HANGUP, EndedBy.USER)
