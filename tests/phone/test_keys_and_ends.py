"""Keys that are pressed, and calls that the far end ends: against SIPp."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from calls.telephony.base import EndedBy, EndReason, LegEnd
from calls.telephony.sip_trace import Trace
from tests.phone import sipp
from tests.phone.caller import Caller, a_phone, leg_to, talk

pytestmark = pytest.mark.system

SAME_SOUND = """v=0
o=user1 53655765 2353687637 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:101 telephone-event/8000
"""


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


async def test_a_trunk_that_keeps_session_timers(tmp_path: Path) -> None:
    """RFC 4028, which our stack does not offer: the far end refreshes, by UPDATE and by a second INVITE."""
    caller = Caller()
    traces: asyncio.Queue[Trace] = asyncio.Queue()
    timer = "Session-Expires: 90;refresher=uas\n      "
    again = sipp.sends("INVITE", body=SAME_SOUND, content_type="application/sdp").replace("CSeq: 10", "CSeq: 11")
    refreshes = (
        sipp.receives("INVITE")
        + sipp.says("200 OK", sdp="0 101", retrans=True).replace("Contact:", f"{timer}Contact:")
        + sipp.receives("ACK")
        + sipp.sends("UPDATE").replace("Max-Forwards:", f"{timer}Max-Forwards:")
        + sipp.hears(200)
        + again.replace("Max-Forwards:", f"{timer}Contact: <sip:[local_ip]:[local_port]>\n      Max-Forwards:")
        + sipp.hears(200)
        + sipp.sends("ACK").replace("CSeq: 10", "CSeq: 11").replace(' retrans="500"', "")
        + sipp.receives("BYE")
        + sipp.confirms()
    )
    async with sipp.sipp(tmp_path, refreshes) as port, a_phone() as phone, asyncio.timeout(20):
        leg = leg_to(port, phone, caller, keep_trace=lambda _call, trace: traces.put_nowait(trace))
        await leg.dial()
        await caller.is_answered.wait()
        await talk(leg, [], then_silence=50)
        is_up = not caller.is_over.is_set()
        await leg.close()
        told = [message.text for trace in (await traces.get(), await traces.get()) for message in trace.messages]

    assert is_up
    assert caller.log == ["answered"]
    for refreshed in ("CSeq: 10 UPDATE", "CSeq: 11 INVITE"):
        assert [text for text in told if text.startswith("SIP/2.0 200") and refreshed in text]
