"""Telephones that call us: SIPp as the caller, and a stack whose reception is the test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

from calls.telephony.base import LegEnd, LegKind, LegSpec
from calls.telephony.sip import SipLeg
from calls.telephony.sip_incoming import TurnedAway
from calls.telephony.sip_invite import Invite
from calls.telephony.sip_phone import SipPhone, SipSettings
from calls.telephony.sip_probe import Answer
from calls.telephony.sip_trunk import Trunk
from tests.phone.caller import Caller
from tests.phone.sipp import LOOPBACK, free_port

OURS: Final = "+14155550101"
# When SIPp ends, whatever it waits for.
GIVES_UP: Final = "20s"

_HEAD: Final = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-{branch}
      From: <sip:{caller}@carrier.example>;tag=[call_number]
      {to}
      Call-ID: [call_id]
      CSeq: {cseq} {method}
      Max-Forwards: 70
      Contact: <sip:peer@[local_ip]:[local_port];transport=[transport]>
"""
_SDP: Final = """      Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=user1 53655765 {version} IN IP4 [local_ip]
      s=-
      c=IN IP4 [local_ip]
      t=0 0
      m=audio [media_port] RTP/AVP {codecs}
      a=rtpmap:101 telephone-event/8000
      a={direction}
"""


class Telephone:
    """What one caller does, as SIPp's scenario."""

    def __init__(self, caller: str, *, to: str = OURS, codecs: str = "0 8 101", headers: Sequence[str] = ()) -> None:
        self.caller = caller
        self._to = to
        self._codecs = codecs
        self._cseq = 1
        self._steps: list[str] = []
        self._behaviours = "all"
        self._send("INVITE", "".join(f"      {header}\n" for header in headers) + self._describe(), within=False)

    def hears(self, status: int, *, optional: bool = False) -> Telephone:
        more = ' optional="true"' if optional else ' timeout="8000"'
        kept = ' rrs="true"' if status == 200 else ""
        self._steps.append(f'  <recv response="{status}"{more}{kept}></recv>\n')
        return self

    def rings(self) -> Telephone:
        return self.hears(100, optional=True).hears(180)

    def is_answered(self) -> Telephone:
        return self.hears(100, optional=True).hears(180, optional=True).hears(200).acknowledges()

    def is_refused(self, status: int) -> Telephone:
        self.hears(100, optional=True).hears(180, optional=True).hears(status)
        return self._send("ACK", within=False)

    def acknowledges(self) -> Telephone:
        return self._send("ACK", branch=100 + self._cseq)

    def cancels(self) -> Telephone:
        return self._send("CANCEL", within=False)

    def sends(self, method: str, body: str = "") -> Telephone:
        self._cseq += 1
        return self._send(method, body)

    def asks_again(self, direction: str) -> Telephone:
        """A re-INVITE, such as a hold button sends."""
        self.sends("INVITE", self._describe(direction))
        return self.hears(100, optional=True).hears(200).acknowledges()

    def presses(self, digit: str) -> Telephone:
        body = f"      Content-Type: application/dtmf-relay\n      Content-Length: [len]\n\n      Signal={digit}\n      Duration=160\n"
        return self.sends("INFO", body).hears(200)

    def receives(self, method: str) -> Telephone:
        self._steps.append(f'  <recv request="{method}" timeout="8000"></recv>\n')
        return self

    def confirms(self) -> Telephone:
        self._steps.append(
            "  <send><![CDATA[\n      SIP/2.0 200 OK\n      [last_Via:]\n      [last_From:]\n      [last_To:]\n"
            "      [last_Call-ID:]\n      [last_CSeq:]\n      Content-Length: 0\n\n  ]]></send>\n"
        )
        return self

    def hangs_up(self) -> Telephone:
        return self.sends("BYE").hears(200)

    def is_hung_up_on(self) -> Telephone:
        return self.receives("BYE").confirms()

    def takes_anything(self) -> Telephone:
        """Goes on whatever comes: of two messages that meet on the way, either may be the first."""
        self._behaviours = "none"
        return self

    def waits(self, seconds: float) -> Telephone:
        self._steps.append(f'  <pause milliseconds="{int(seconds * 1000)}"/>\n')
        return self

    async def call(self, folder: Path, port: int, *, echoes: bool = False, transport: str = "u1") -> bool:
        """Whether all went as the scenario says."""
        script = folder / f"caller-{self.caller.strip('+')}.xml"
        steps = "".join(self._steps)
        script.write_text(f'<?xml version="1.0" encoding="us-ascii"?>\n<scenario name="caller">\n{steps}</scenario>\n')
        process = await asyncio.create_subprocess_exec(
            *("sipp", "-sf", str(script), "-i", LOOPBACK, "-p", str(free_port()), "-mp", str(free_port())),
            *("-default_behaviors", self._behaviours, "-timeout", GIVES_UP, "-timeout_error", "-m", "1", "-nostdin"),
            *("-t", transport, *(["-rtp_echo"] if echoes else []), f"{LOOPBACK}:{port}"),
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            return await process.wait() == 0
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def _describe(self, direction: str = "sendrecv") -> str:
        return _SDP.format(version=self._cseq, codecs=self._codecs, direction=direction)

    def _send(self, method: str, body: str = "", *, within: bool = True, branch: int = 0) -> Telephone:
        retrans = ' retrans="500"' if method not in ("ACK",) else ""
        head = _HEAD.format(
            branch=branch or self._cseq,
            caller=self.caller,
            to="[last_To:]" if within or method == "ACK" else f"To: <sip:{self._to}@carrier.example>",
            cseq=self._cseq,
            method=method,
        )
        target = "[next_url]" if within else f"sip:{self._to}@[remote_ip]:[remote_port]"
        self._steps.append(
            f"  <send{retrans}><![CDATA[\n      {method} {target} SIP/2.0\n      {head}"
            f"{body or '      Content-Length: 0' + chr(10) + chr(10)}\n  ]]></send>\n"
        )
        return self


class Desk:
    """Lets everybody in, unless it is told otherwise of a number. Calls are named after who calls."""

    def __init__(self) -> None:
        self.refuses: dict[str, TurnedAway] = {}
        self.invites: dict[str, Invite] = {}
        self.registered: dict[str, str] = {}
        self.given_up: dict[str, LegEnd] = {}
        self.said: list[tuple[str, str]] = []
        self.trunks: list[Trunk] = []
        self._changed = asyncio.Condition()

    async def admit(self, invite: Invite, *, registered: str) -> str:
        for number in invite.dialled:
            if number in self.refuses:
                raise self.refuses[number]
        name = invite.caller or "nobody"
        self.invites[name], self.registered[name] = invite, registered
        async with self._changed:
            self._changed.notify_all()
        return name

    async def came(self, caller: str) -> None:
        """Wait until this caller was let in."""
        async with self._changed:
            await self._changed.wait_for(lambda: caller in self.invites)
        await asyncio.sleep(0)

    async def give_up(self, call: str, end: LegEnd) -> bool:
        self.given_up[call] = end
        async with self._changed:
            self._changed.notify_all()
        return True

    async def gave_up(self, call: str) -> None:
        """Wait until it was."""
        async with self._changed:
            await self._changed.wait_for(lambda: call in self.given_up)

    async def over(self, calls: Sequence[str]) -> set[str]:
        return set()

    async def hold(self) -> Sequence[Trunk]:
        return self.trunks

    async def release(self, lines: Sequence[str]) -> None:
        for line in lines:
            await self.note(line, "released")

    async def note(self, line: str, answer: Answer | str) -> None:
        self.said.append((line, str(answer)))
        async with self._changed:
            self._changed.notify_all()

    async def said_that(self, line: str, answer: str) -> None:
        """Wait until this was said of the line."""
        async with self._changed:
            await self._changed.wait_for(lambda: (line, answer) in self.said)


@contextlib.asynccontextmanager
async def a_desk(**settings: Any) -> AsyncIterator[tuple[Desk, SipPhone, int]]:
    """A stack that takes calls, and the port that they come to."""
    desk, port = Desk(), free_port()
    its = {"host": LOOPBACK, "port": port, "rtp_ports": "30000-30999", "allow_private": True, **settings}
    phone = SipPhone(SipSettings(**its))
    registrar = phone.receive(reception=desk, registrations=desk)
    looking = asyncio.create_task(registrar.run())
    try:
        await phone.open()
        yield desk, phone, port
    finally:
        looking.cancel()
        await registrar.stop()
        await phone.close()


async def answer(desk: Desk, phone: SipPhone, caller: str) -> tuple[SipLeg, Caller]:
    """Pick up as soon as this caller rings."""
    await desk.came(caller)
    heard = Caller()
    spec = LegSpec(caller, LegKind.SIP, OURS, caller, 45, is_inbound=True)
    leg = SipLeg(spec, heard, phone=phone)
    await leg.dial()
    return leg, heard
