"""SIPp calls the front, and our stack behind it answers: by address, by password, over UDP and TCP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from calls.telephony.base import EndedBy, EndReason
from calls.telephony.front.tables import FrontLine, digest
from calls.telephony.sip import SipLeg
from calls.telephony.sip_incoming import TurnedAway
from ops.strangers import pour
from ops.torture import messages, random_damage
from tests.phone.caller import Caller
from tests.phone.front import TRUNK, Front, a_front
from tests.phone.incoming import Desk, a_desk, answer
from tests.phone.sipp import LOOPBACK, free_port

pytestmark = pytest.mark.system

NUMBER = "+14155550101"
USER, PASSWORD = "acme", "s3cret"
BY_ADDRESS = FrontLine("line_address", [NUMBER], [TRUNK])
BY_PASSWORD = FrontLine("line_password", [NUMBER], [], USER, digest(USER, PASSWORD))

PickUp = Callable[[str], Awaitable[tuple[SipLeg, Caller]]]

_HEAD = """
      {method} {target} SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:{caller}@carrier.example>;tag=[call_number]
      {to}
      Call-ID: [call_id]
      CSeq: {number} {method}
      Max-Forwards: 70
      Contact: <sip:peer@[local_ip]:[local_port];transport=[transport]>
"""
_SDP = """      Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=user1 1 1 IN IP4 [local_ip]
      s=-
      c=IN IP4 [local_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 0 101
      a=rtpmap:101 telephone-event/8000
"""
_NOTHING = "      Content-Length: 0\n\n"


def sends(method: str, caller: str, number: int, *, within: bool = False, more: str = "", body: str = _NOTHING) -> str:
    head = _HEAD.format(
        method=method,
        caller=caller,
        number=number,
        target="[next_url]" if within else f"sip:{NUMBER}@[remote_ip]:[remote_port]",
        to="[last_To:]" if within or method == "ACK" else f"To: <sip:{NUMBER}@carrier.example>",
    )
    routes = "      [routes]\n" if within else ""
    again = "" if method == "ACK" else ' retrans="500"'
    return f"  <send{again}><![CDATA[{head}{routes}{more}{body}\n  ]]></send>\n"


def hears(status: int, *, optional: bool = False, more: str = "") -> str:
    return f'  <recv response="{status}" {"optional" if optional else "crlf"}="true" {more}></recv>\n'


def asked() -> str:
    """Sends no password at first."""
    return hears(100, optional=True) + hears(401, more='auth="true"')


def answered(caller: str, number: int) -> str:
    before = hears(100, optional=True) + hears(180, optional=True) + hears(200, more='rrs="true"')
    return before + sends("ACK", caller, number, within=True)


def hangs_up(caller: str) -> str:
    return '  <pause milliseconds="300"/>\n' + sends("BYE", caller, 9, within=True) + hears(200)


def is_hung_up_on() -> str:
    said = "".join(f"      [last_{name}:]\n" for name in ("Via", "From", "To", "Call-ID", "CSeq"))
    return f'  <recv request="BYE" timeout="8000"></recv>\n  <send><![CDATA[\n      SIP/2.0 200 OK\n{said}{_NOTHING}  ]]></send>\n'


async def sipp(folder: Path, front: Front, scenario: str, *, host: str, transport: str = "u1") -> bool:
    """Whether the call went as the scenario says."""
    script = folder / f"{host}-{transport}.xml"
    script.write_text(f'<?xml version="1.0" encoding="us-ascii"?>\n<scenario name="caller">\n{scenario}</scenario>\n')
    process = await asyncio.create_subprocess_exec(
        *("sipp", "-sf", str(script), "-i", host, "-p", str(free_port()), "-mp", str(free_port()), "-rtp_echo"),
        *("-m", "1", "-t", transport, "-nostdin", f"{LOOPBACK}:{front.port}"),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(15):
            return await process.wait() == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


@contextlib.asynccontextmanager
async def a_house(folder: Path) -> AsyncIterator[tuple[Front, Desk, PickUp]]:
    async with a_desk() as (desk, phone, port):
        with a_front(folder, gateways=[port], lines=[BY_ADDRESS, BY_PASSWORD]) as front:
            yield front, desk, lambda caller: answer(desk, phone, caller)


async def test_what_a_trunk_sends_leaves_no_call_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack keeps a call that names no way back for ever, and has room for so many."""

    async def nobody(*_: object, **__: object) -> str:
        raise TurnedAway(403, "Forbidden")

    async with a_house(tmp_path) as (front, desk, _):
        monkeypatch.setattr(desk, "admit", nobody)
        target = f"{LOOPBACK}:{front.port}"
        before = len(psutil.Process().net_connections("udp4"))
        evil = [messages(target)["without Contact"]] * 20 + list(random_damage(target, seed=3, count=600))
        await asyncio.to_thread(pour, evil, to=(LOOPBACK, front.port), rate=800, source=TRUNK)
        async with asyncio.timeout(30):
            # Of the end of a call that was refused the stack says nothing.
            while len(psutil.Process().net_connections("udp4")) > before:  # noqa: ASYNC110
                await asyncio.sleep(0.2)


async def test_calls_that_come_in(tmp_path: Path) -> None:
    """Three trunks at once, and messages that are no good in between."""
    one, two, three = "+15551230001", "+15551230002", "+15551230003"
    by_address = sends("INVITE", one, 1, body=_SDP) + answered(one, 1) + hangs_up(one)
    over_tcp = sends("INVITE", two, 1, body=_SDP) + answered(two, 1) + is_hung_up_on()
    proof = f"      [authentication username={USER} password={PASSWORD}]\n"
    by_password = (
        sends("INVITE", three, 1, body=_SDP)
        + asked()
        + sends("ACK", three, 1)
        + sends("INVITE", three, 2, more=proof, body=_SDP)
        + answered(three, 2)
        + hangs_up(three)
    )
    async with a_house(tmp_path) as (front, desk, picks_up):
        target = f"{LOOPBACK}:{front.port}"
        evil = asyncio.create_task(
            asyncio.to_thread(pour, messages(target).values(), to=(LOOPBACK, front.port), rate=100)
        )
        calling = [
            asyncio.create_task(sipp(tmp_path, front, by_address, host=TRUNK)),
            asyncio.create_task(sipp(tmp_path, front, over_tcp, host=TRUNK, transport="t1")),
            asyncio.create_task(sipp(tmp_path, front, by_password, host="127.0.0.3")),
        ]
        legs = await asyncio.gather(*(picks_up(caller) for caller in (one, two, three)))
        for _, heard in legs:
            await heard.is_answered.wait()
        await legs[1][0].hang_up()
        for _, heard in (legs[0], legs[2]):
            await heard.is_over.wait()
        went_well = [await call for call in calling]
        await evil

    assert went_well == [True, True, True]
    assert [desk.invites[caller].line for caller in (one, two, three)] == [
        "line_address",
        "line_address",
        "line_password",
    ]
    assert {desk.invites[caller].number for caller in (one, two, three)} == {NUMBER}
    assert {desk.invites[caller].source for caller in (one, two, three)} == {str(front.inside)}
    for _, heard in (legs[0], legs[2]):
        assert heard.end is not None
        assert (heard.end.reason, heard.end.by) == (EndReason.USER_HANGUP, EndedBy.USER)
