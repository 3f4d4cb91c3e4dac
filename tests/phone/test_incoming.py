"""Calls that come in, against SIPp: side by side, in one stack."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from calls.audio.framing import frames_of
from calls.telephony.base import EndedBy, EndReason, LegEnd
from calls.telephony.sip_incoming import CALLER_LEFT, TurnedAway
from calls.telephony.sip_phone import SipPhone
from calls.telephony.sip_probe import Answer
from calls.telephony.sip_trunk import Trunk
from tests.phone.caller import talk
from tests.phone.incoming import Desk, Telephone, a_desk, answer
from tests.phone.kamailio import PASSWORD, USER
from tests.phone.registrar import registrar
from tests.phone.test_outcomes import similarity

pytestmark = pytest.mark.system

UNKNOWN = "+14155550999"
FULL = "+14155550998"


class Office:
    """One stack and its callers."""

    def __init__(self, folder: Path, desk: Desk, phone: SipPhone, port: int) -> None:
        self.folder, self.desk, self.phone, self.port = folder, desk, phone, port

    async def they_talk(self, caller: str, codecs: str, transport: str) -> None:
        telephone = Telephone(caller, codecs=codecs).is_answered().waits(2.5).hangs_up()
        calling = asyncio.create_task(telephone.call(self.folder, self.port, echoes=True, transport=transport))
        leg, heard = await answer(self.desk, self.phone, caller)
        await heard.is_answered.wait()
        # Noise is like nothing but itself, and is still when a late packet has moved a part of it.
        speech = np.random.default_rng(7).integers(-4000, 4000, 8000).astype("<i2").tobytes()
        await talk(leg, frames_of(speech, 8000), then_silence=40)
        await heard.is_over.wait()

        assert heard.log == ["ringing", "answered", "ended"]
        assert heard.end == LegEnd(EndReason.USER_HANGUP, EndedBy.USER)
        assert similarity(speech, heard.sound) > 0.25
        assert await calling

    async def they_are_turned_away(self, to: str, status: int) -> None:
        assert await Telephone(f"+49309018{status}", to=to).is_refused(status).call(self.folder, self.port)

    async def they_give_up(self, caller: str) -> None:
        telephone = Telephone(caller).rings().waits(0.2).cancels().hears(200).is_refused(487)
        for _ in range(10):
            assert await telephone.call(self.folder, self.port)
            if caller in self.desk.invites:
                break
            # They were gone before anybody was asked.
        await self.desk.gave_up(caller)
        _, heard = await answer(self.desk, self.phone, caller)

        assert self.desk.given_up[caller] == CALLER_LEFT
        assert (heard.log, heard.end) == (["ringing", "ended"], CALLER_LEFT)

    async def they_hold_us(self, caller: str) -> None:
        telephone = Telephone(caller).is_answered().asks_again("sendonly").waits(0.3).asks_again("sendrecv")
        calling = asyncio.create_task(telephone.presses("5").waits(0.3).hangs_up().call(self.folder, self.port))
        leg, heard = await answer(self.desk, self.phone, caller)
        await heard.is_answered.wait()
        await talk(leg, [], then_silence=20)
        await heard.is_over.wait()

        assert await calling
        assert (heard.digits, heard.end) == ("5", LegEnd(EndReason.USER_HANGUP, EndedBy.USER))

    async def we_hang_up(self, caller: str, *, at_once: bool) -> None:
        """At once: their BYE and ours meet on the way."""
        telephone = Telephone(caller).is_answered()
        if at_once:
            telephone.receives("BYE").sends("BYE").takes_anything().waits(0.3)
        else:
            telephone.is_hung_up_on()
        calling = asyncio.create_task(telephone.call(self.folder, self.port))
        leg, heard = await answer(self.desk, self.phone, caller)
        await heard.is_answered.wait()
        await leg.hang_up()
        await leg.close()

        # What is said to a BYE in a call that is over differs.
        assert await calling or at_once
        assert heard.log == ["ringing", "answered"]

    async def they_vanish(self, caller: str) -> None:
        calling = asyncio.create_task(Telephone(caller).is_answered().call(self.folder, self.port))
        leg, heard = await answer(self.desk, self.phone, caller)
        await heard.is_answered.wait()
        assert await calling
        await talk(leg, [], then_silence=20)
        await heard.is_over.wait()

        assert heard.end == LegEnd(EndReason.MEDIA_LOST, EndedBy.CARRIER, "no sound came")

    async def they_give_up_as_we_answer(self, caller: str) -> None:
        """Whichever comes first: it ends once, and nobody is left on the line."""
        telephone = Telephone(caller).rings().cancels().takes_anything().waits(0.5)
        answering = asyncio.create_task(answer(self.desk, self.phone, caller))
        await telephone.call(self.folder, self.port)
        if caller not in self.desk.invites:
            # They were gone before anybody was asked.
            answering.cancel()
            return
        leg, heard = await answering
        if not heard.is_over.is_set():
            await leg.hang_up()

        assert heard.log.count("ended") <= 1
        assert heard.end in (None, CALLER_LEFT, LegEnd(EndReason.USER_HANGUP, EndedBy.USER))


async def test_calls_that_come_in(tmp_path: Path) -> None:
    async with a_desk(rtp_timeout=3) as (desk, phone, port), asyncio.timeout(30):
        desk.refuses = {UNKNOWN: TurnedAway(404, "Not Found"), FULL: TurnedAway(486, "Busy Here")}
        office = Office(tmp_path, desk, phone, port)
        async with asyncio.TaskGroup() as group:
            for work in (
                office.they_talk("+4930901801", "0 101", "u1"),
                office.they_talk("+4930901802", "8 101", "t1"),
                office.they_are_turned_away(UNKNOWN, 404),
                office.they_are_turned_away(FULL, 486),
                office.they_give_up("+4930901803"),
                office.they_hold_us("+4930901804"),
                office.we_hang_up("+4930901805", at_once=False),
                office.we_hang_up("+4930901806", at_once=True),
                office.they_vanish("+4930901807"),
                office.they_give_up_as_we_answer("+4930901808"),
            ):
                group.create_task(work)


async def test_who_it_is_and_what_they_tell(tmp_path: Path) -> None:
    hidden = Telephone("anonymous", headers=["X-Ticket: 42", "X-Note: <b>hello</b>"]).is_answered().hangs_up()
    async with a_desk() as (desk, phone, port), asyncio.timeout(15):
        calling = asyncio.create_task(hidden.call(tmp_path, port))
        _, heard = await answer(desk, phone, "nobody")
        await heard.is_over.wait()
        assert await calling

    invite = desk.invites["nobody"]
    assert (invite.caller, invite.source.partition(":")[0], invite.transport) == (None, "127.0.0.1", "udp")
    assert invite.headers == {"x-ticket": "42", "x-note": "<b>hello</b>"}


async def test_a_line_that_registers(tmp_path: Path) -> None:
    """It is called on its registration, says how it stands, and is called no more when it is gone."""
    async with registrar(tmp_path) as port, a_desk() as (desk, phone, _), asyncio.timeout(20):
        its = {"line": "line_1", "domain": "127.0.0.1", "port": port, "transport": "udp", "srtp": "off"}
        right = Trunk.of({**its, "username": USER, "password": PASSWORD})
        desk.trunks = [Trunk.of({**its, "username": USER, "password": "wrong"})]
        await desk.said_that("line_1", Answer.REFUSED)
        desk.trunks = [right]
        await desk.said_that("line_1", Answer.WORKS)

        calling = asyncio.create_task(Telephone("+4930901801").is_answered().hangs_up().call(tmp_path, port))
        _, heard = await answer(desk, phone, "+4930901801")
        await heard.is_over.wait()
        assert await calling
        desk.trunks = []
        await desk.said_that("line_1", "released")
        assert await Telephone("+4930901802").is_refused(480).call(tmp_path, port)

    assert desk.registered == {"+4930901801": "line_1"}
    assert desk.invites["+4930901801"].dialled[1:] == ("+14155550101",)
