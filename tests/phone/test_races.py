"""Keys both ways with Debian's baresip, and messages that meet on the way, with SIPp."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from calls.telephony.base import EndedBy, EndReason, LegEnd
from calls.telephony.sip_phone import SipPhone
from tests.phone import sipp
from tests.phone.caller import Caller, a_phone, leg_to, talk
from tests.phone.sipp import free_port
from tests.phone.test_secrecy import certificate, their_baresip

pytestmark = pytest.mark.system


async def press(port: int, digits: str) -> None:
    """Have the far end's baresip press these keys."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for digit in digits:
        command = json.dumps({"command": "sndcode", "params": digit})
        writer.write(f"{len(command)}:{command},".encode())
        await writer.drain()
        await reader.read(500)
        await asyncio.sleep(0.4)
    writer.close()


async def test_keys_as_events_in_the_sound(tmp_path: Path) -> None:
    """RFC 4733, both ways."""
    caller, control = Caller(), free_port()
    certificate(tmp_path)
    more = f"module_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{control}\n"
    async with (
        their_baresip(tmp_path, account="mediaenc=", more=more) as port,
        a_phone() as phone,
        asyncio.timeout(20),
    ):
        leg = leg_to(port, phone, caller)
        await leg.dial()
        await caller.is_answered.wait()
        await asyncio.gather(talk(leg, [], then_silence=90), leg.send_dtmf("42#"), press(control, "79"))
        await leg.hang_up()

    theirs = (tmp_path / "baresip.log").read_bytes()
    assert caller.digits == "79"
    assert [theirs.count(f"received event: '{digit}' (end=1)".encode()) > 0 for digit in "42#"] == [True] * 3


async def ring_on_and_on(folder: Path, phone: SipPhone) -> None:
    """180, then 183, then 200."""
    caller = Caller()
    async with sipp.sipp(folder, sipp.answers(ringing=("180 Ringing", "183 Session Progress"))) as port:
        leg = leg_to(port, phone, caller)
        await leg.dial()
        await caller.is_answered.wait()
        await leg.hang_up()

    assert caller.log == ["ringing", "ringing", "answered"]


async def give_up_as_they_answer(folder: Path, phone: SipPhone, after: float) -> None:
    """Whichever comes first, it ends once, and nothing follows."""
    caller = Caller()
    scenario = (
        sipp.receives("INVITE")
        + sipp.says("180 Ringing")
        + sipp.pause(0.2)
        + sipp.says("200 OK", sdp="0 101", retrans=True)
        + sipp.receives("ACK")
        + sipp.receives("BYE")
        + sipp.confirms()
    )
    async with sipp.sipp(folder, scenario) as port:
        leg = leg_to(port, phone, caller)
        await leg.dial()
        await caller.is_ringing.wait()
        await asyncio.sleep(after)
        await leg.hang_up()
        await asyncio.sleep(0.4)

    assert caller.log in (["ringing"], ["ringing", "answered"])


async def both_hang_up(folder: Path, phone: SipPhone) -> None:
    """They say so when they hear that we do."""
    caller = Caller()
    scenario = (
        sipp.receives("INVITE")
        + sipp.says("200 OK", sdp="0 101", retrans=True)
        + sipp.receives("ACK")
        + sipp.receives("BYE")
        + sipp.sends("BYE")
        + sipp.pause(0.2)
    )
    async with sipp.sipp(folder, scenario) as port:
        leg = leg_to(port, phone, caller)
        await leg.dial()
        await caller.is_answered.wait()
        await leg.hang_up()
        await asyncio.sleep(0.3)

    assert caller.log == ["answered"]


async def vanish(folder: Path, phone: SipPhone) -> None:
    caller = Caller()
    answers = sipp.receives("INVITE") + sipp.says("200 OK", sdp="0 101", retrans=True) + sipp.receives("ACK")
    async with sipp.sipp(folder, answers) as port:
        leg = leg_to(port, phone, caller)
        await leg.dial()
        await caller.is_answered.wait()
        await talk(leg, [], then_silence=20)
        await caller.is_over.wait()

    assert caller.end == LegEnd(EndReason.MEDIA_LOST, EndedBy.CARRIER, "no sound came")


async def test_messages_that_meet(tmp_path: Path) -> None:
    async with a_phone(rtp_timeout=3) as phone, asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(ring_on_and_on(tmp_path, phone))
        for after in (0.19, 0.2, 0.21):
            group.create_task(give_up_as_they_answer(tmp_path, phone, after))
        group.create_task(both_hang_up(tmp_path, phone))
        group.create_task(vanish(tmp_path, phone))
