"""A trunk that asks for a password: kamailio, with a SIPp behind it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from calls.telephony.base import EndReason
from calls.telephony.sip_probe import Answer, probe
from calls.telephony.sip_trace import REMOVED
from calls.telephony.sip_trunk import Trunk
from tests.phone import sipp
from tests.phone.caller import Caller, a_phone, leg_to
from tests.phone.kamailio import PASSWORD, USER, kamailio

pytestmark = pytest.mark.system


def trunk(port: int, *, transport: str = "udp", password: str = PASSWORD, username: str = USER) -> Trunk:
    params = {"line": "line_1", "domain": "127.0.0.1", "port": port, "transport": transport, "srtp": "off"}
    return Trunk.of({**params, "username": username, "password": password})


async def ask(its: Trunk, *, registers: bool = False, deadline: float = 3.0) -> Answer:
    return await asyncio.to_thread(
        probe, its, host="127.0.0.1", registers=registers, ca_file="/dev/null", deadline=deadline
    )


async def test_the_right_password(tmp_path: Path) -> None:
    """407, answered."""
    caller = Caller()
    async with (
        sipp.sipp(tmp_path, sipp.answers()) as behind,
        kamailio(tmp_path, behind=behind) as port,
        a_phone() as phone,
        asyncio.timeout(15),
    ):
        leg = leg_to(port, phone, caller, username=USER, password=PASSWORD)
        await leg.dial()
        await caller.is_answered.wait()
        await leg.hang_up()
        await asyncio.sleep(0.3)
        trace = phone.take_trace(leg._sip_call_id).messages

    assert caller.log == ["ringing", "answered"]
    titles = [message.title for message in trace]
    assert titles[:2] == ["INVITE", "407 Proxy Authentication Required"]
    assert "BYE" in titles
    texts = "\n".join(message.text for message in trace)
    assert f"Proxy-Authorization: {REMOVED}" in texts
    assert "response=" not in texts


@pytest.mark.parametrize("password", ["wrong", ""])
async def test_a_wrong_password(tmp_path: Path, password: str) -> None:
    caller = Caller()
    async with kamailio(tmp_path) as port, a_phone() as phone, asyncio.timeout(15):
        await leg_to(port, phone, caller, username=USER, password=password).dial()
        await caller.is_over.wait()

    assert caller.end is not None
    assert caller.end.reason == EndReason.CARRIER_ERROR


async def test_trying_it(tmp_path: Path) -> None:
    async with kamailio(tmp_path) as port:
        for registers in (False, True):
            assert await ask(trunk(port), registers=registers) == Answer.WORKS
            assert await ask(trunk(port, password="wrong"), registers=registers) == Answer.REFUSED
        assert await ask(trunk(port, password="", username="")) == Answer.ASKS
        assert await ask(trunk(port, password=""), registers=True) == Answer.NEEDS_USER


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_where_nobody_is(transport: str) -> None:
    assert await ask(trunk(sipp.free_port(), transport=transport), deadline=1.0) == Answer.SILENT


async def test_a_trunk_that_is_down(tmp_path: Path) -> None:
    refuses = sipp.receives("OPTIONS") + sipp.says("503 Service Unavailable")
    async with sipp.sipp(tmp_path, refuses) as port:
        assert await ask(trunk(port)) == Answer.DOWN


async def test_over_tcp(tmp_path: Path) -> None:
    answers = sipp.receives("OPTIONS") + sipp.says("200 OK")
    async with sipp.sipp(tmp_path, answers, transport="t1") as port:
        assert await ask(trunk(port, transport="tcp")) == Answer.WORKS
