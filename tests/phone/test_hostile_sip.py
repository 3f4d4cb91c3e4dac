"""Messages that are no SIP, or nearly, at the stack's own port and at the front: both go on, and so do live calls."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path

import psutil
import pytest

from calls.telephony.sip_incoming import TurnedAway
from calls.telephony.sip_invite import read_invite
from ops.strangers import STRANGER, pour
from ops.torture import messages, random_damage
from tests.phone import sipp
from tests.phone.caller import Caller, a_phone, leg_to, talk
from tests.phone.front import TRUNK, a_front
from tests.phone.incoming import a_desk, answer
from tests.phone.raw import Phone, a_raw_phone, headers_of, status_of
from tests.phone.test_hostile_sound import TONE, strength

pytestmark = pytest.mark.system

DAMAGED = 600
RATE = 1_500
# What a flood may leave in a process: buffers, and the few calls that it keeps of each kind.
MOST_BYTES = 60_000_000


async def test_at_the_stack_itself(tmp_path: Path) -> None:
    """On a network where somebody reaches it who should not."""
    port, caller, later = sipp.free_port(), Caller(), Caller()
    target = f"127.0.0.1:{port}"
    async with (
        sipp.sipp(tmp_path, sipp.answers(), echoes=True, calls=2) as peer,
        a_phone(port=port) as phone,
    ):
        leg = leg_to(peer, phone, caller)
        await leg.dial()
        await caller.is_answered.wait()
        await talk(leg, TONE)
        before = psutil.Process().memory_info().rss

        evil = [*messages(target).values(), *random_damage(target, seed=1, count=DAMAGED)]
        pouring = asyncio.create_task(asyncio.to_thread(pour, evil, to=("127.0.0.1", port), rate=RATE))
        since = len(caller.sound)
        await talk(leg, TONE)
        await pouring
        heard = caller.sound[since:]

        another = leg_to(peer, phone, later)
        await another.dial()
        async with asyncio.timeout(10):
            await later.is_answered.wait()
        await leg.hang_up()
        await another.hang_up()
        grown = psutil.Process().memory_info().rss - before

    assert strength(heard, 500) > 10 * strength(heard, 1_200)
    assert len(heard) > 0.5 * 320 * len(TONE)
    assert grown < MOST_BYTES


NO_WAY_BACK = ["", "Contact: *\r\n", "Contact: \r\n", "Contact: <>\r\n", "m: hello\r\n"]
SOMETHING_ODD = ["Contact: <tel:+4930>\r\n", "Contact: <sip:caller@>\r\n", "Contact: <sip:caller@127.0.0.1\r\n"]


async def test_calls_that_name_no_way_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the stack itself: none is kept, and whoever names one is heard. Within a call it is known already."""

    async def nobody(*_: object, **__: object) -> str:
        raise TurnedAway(603, "Decline")

    async with a_desk() as (desk, phone, port):
        with a_raw_phone(port) as caller:
            caller.send(caller.invite("+14155550101"))
            leg, heard = await answer(desk, phone, "+15551230000")
            answered = await final(caller)
            to = headers_of(answered, "To")[0]
            caller.send(caller.request("ACK", _contact(answered), to=to))
            await heard.is_answered.wait()
            caller.send(without_contact(caller.invite("+14155550101", number=2, to=to)))
            asked_again = await final(caller, number=2)
            caller.send(caller.request("ACK", _contact(asked_again), to=to, number=2))
            await leg.hang_up()

            monkeypatch.setattr(desk, "admit", nobody)
            sockets = len(psutil.Process().net_connections("udp4"))
            answers = []
            for number, contact in enumerate([*NO_WAY_BACK * 20, *SOMETHING_ODD]):
                caller.call_id = f"no-way-back-{number}"
                caller.send(without_contact(caller.invite("+14155550101"), instead=contact))
                answers.append(status_of(await final(caller)))
            target = f"127.0.0.1:{port}"
            evil = list(random_damage(target, seed=4, count=DAMAGED))
            await asyncio.to_thread(pour, evil, to=("127.0.0.1", port), rate=RATE)
            async with asyncio.timeout(30):
                while len(psutil.Process().net_connections("udp4")) > sockets:  # noqa: ASYNC110  # the stack says nothing of the end of a refused call
                    await asyncio.sleep(0.1)

    assert status_of(asked_again) == 200
    assert answers == [400] * 20 * len(NO_WAY_BACK) + [603] * len(SOMETHING_ODD)


async def final(caller: Phone, *, number: int = 1) -> str:
    """What the INVITE of this number is told in the end, or nothing."""
    while text := await asyncio.to_thread(caller.hear_final):
        its = (headers_of(text, "Call-ID"), headers_of(text, "CSeq"))
        if status_of(text) and its == ([caller.call_id], [f"{number} INVITE"]):
            break
    return text


def _contact(answered: str) -> str:
    return headers_of(answered, "Contact")[0].partition("<")[2].partition(">")[0]


def without_contact(text: str, *, instead: str = "") -> str:
    return re.sub(r"Contact: [^\r]*\r\n", lambda _: instead, text, count=1)


@pytest.mark.parametrize("source", [STRANGER, TRUNK])
def test_at_the_front(tmp_path: Path, source: str) -> None:
    """Also from a trunk, whose messages it has to read to their end."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gateway:
        gateway.bind(("127.0.0.1", 0))
        gateway.setblocking(False)
        with a_front(tmp_path, gateways=[gateway.getsockname()[1]]) as front:
            target = f"127.0.0.1:{front.port}"
            evil = [*messages(target).values(), *random_damage(target, seed=2, count=DAMAGED)]
            pour(evil, to=("127.0.0.1", front.port), rate=RATE, source=source)
            passed = received(gateway)

            with a_raw_phone(front.port, host=TRUNK) as trunk:
                trunk.send(trunk.request("OPTIONS", f"sip:{target}"))
                assert status_of(trunk.hear()) == 200
            assert front.process.poll() is None
            assert len(psutil.Process(front.process.pid).children()) > 4

    assert {line for text in passed for line in headers_of(text, "X-VaniAgent-Line")} <= {"line_address"}
    assert all(text.lower().count("x-vaniagent-line") == 1 for text in passed if text.startswith("INVITE "))
    if source == STRANGER:
        assert passed == []
    else:
        assert passed != []


SMUGGLED = [
    "X-VaniAgent-Line{colon} line_victim\r\n".replace("{colon}", colon)
    for colon in (":", " :", "\t:", "  \t :", "\r\n :", "\r :", "\0:", "\x0b:", "\xa0:", ":\r\n ", "::")
] + [
    "Subject: a\rX-VaniAgent-Line: line_victim\r\n",
    "Subject: a\nX-VaniAgent-Line: line_victim\n",
    "Subject: a\0\r\nX-VaniAgent-Line: line_victim\r\n",
    "Subject: a\r\n\r X-VaniAgent-Line: line_victim\r\n",
    "Subject: a\r\n \r\n\tb\r\nX-VaniAgent-Line: line_victim\r\n",
    "Subject: a\r\r\nX-VaniAgent-Line: line_victim\r\n",
    'Subject: "a\r\nX-VaniAgent-Line: line_victim\r\nb: "\r\n',
    "Subject: a\u2028X-VaniAgent-Line: line_victim\r\n",
    "X-VaniAgent-Number: +19005550000\r\nX-VANIAGENT-LINE: line_victim\r\nx-vaniagent-line: line_victim\r\n",
    "Content-Type: message/sip\r\nContent-Length: 0\r\nX-VaniAgent-Line: line_victim\r\n",
    "\ufeffX-VaniAgent-Line: line_victim\r\n",
]


def test_no_header_is_smuggled_past_it(tmp_path: Path) -> None:
    """A trunk that claims to be another line: whatever comes through, the gateway reads the front's word."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gateway:
        gateway.bind(("127.0.0.1", 0))
        gateway.settimeout(1.0)
        with (
            a_front(tmp_path, gateways=[gateway.getsockname()[1]]) as front,
            a_raw_phone(front.port, host=TRUNK) as trunk,
        ):
            for number, header in enumerate(SMUGGLED):
                trunk.call_id = f"smuggled-{number}"
                for text in (trunk.invite("+14155550101", headers=header), header + trunk.invite("+14155550101")):
                    trunk.send(text)
                    trunk.send(text.replace("\r\nVia:", f"\r\n{header}Via:", 1))
            passed = received(gateway)

    invites = [read_invite(text, source="", transport="UDP") for text in passed if text.startswith("INVITE ")]
    assert len(invites) > len(SMUGGLED) / 2
    assert {invite.line for invite in invites if invite} == {"line_address"}
    assert {invite.number for invite in invites if invite} == {"+14155550101"}


def received(gateway: socket.socket) -> list[str]:
    """All that came through."""
    texts = []
    while True:
        try:
            texts.append(gateway.recv(65_535).decode("utf-8", "replace"))
        except (BlockingIOError, TimeoutError):
            return texts
