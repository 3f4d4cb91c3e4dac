"""A call that comes in, until somebody answers it or it is turned away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest
from baresip.call import Call
from baresip.events import Event, StackEvent

from calls.telephony import sip_incoming
from calls.telephony.base import LegEnd
from calls.telephony.sip_incoming import CALLER_LEFT, NOBODY_CAME, Incoming, TurnedAway
from calls.telephony.sip_invite import Invite, Invites
from calls.telephony.store import StoreAway
from calls.tests.telephony.test_sip_invite import text


class FakeCall:
    def __init__(self, handle: int) -> None:
        self.handle = handle


class FakeReception:
    def __init__(self) -> None:
        self.admitted: list[tuple[Invite, str]] = []
        self.given_up: list[tuple[str, LegEnd]] = []
        self.ended: set[str] = set()
        self.refuse: Exception | None = None
        self.is_dialled = False
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def admit(self, invite: Invite, *, registered: str) -> str:
        await self.may_answer.wait()
        if self.refuse is not None:
            raise self.refuse
        self.admitted.append((invite, registered))
        return f"call_{len(self.admitted)}"

    async def give_up(self, call: str, end: LegEnd) -> bool:
        self.given_up.append((call, end))
        return not self.is_dialled

    async def over(self, calls: Sequence[str]) -> set[str]:
        return self.ended & set(calls)


class Door:
    """A stack's side of it."""

    def __init__(self) -> None:
        self.reception = FakeReception()
        self.invites = Invites()
        self.refused: list[tuple[int, int]] = []
        self._has_refused = asyncio.Event()
        self.incoming = Incoming(
            reception=self.reception,
            invites=self.invites,
            refuse=self._refuse,
            line_of=lambda agent: "line_1" if agent == 7 else "",
        )

    async def _refuse(self, call: Call, status: int, reason: str) -> None:
        self.refused.append((call.handle, status))
        self._has_refused.set()

    async def until_refused(self) -> None:
        async with asyncio.timeout(5):
            await self._has_refused.wait()

    async def ring(self, handle: int = 1, *, call_id: str = "abc@carrier", agent: int = 0, to: str = "") -> None:
        line = "RX UDP 10.0.0.1:5060 -> 127.0.0.1:5060\n" + text(**({"target": to} if to else {}))
        message = line.replace("abc@carrier", call_id)
        self.invites.emit(logging.LogRecord("sip", logging.DEBUG, "", 0, "%s", (message,), None))
        self.arrive(handle, call_id=call_id, agent=agent)
        await settle()

    def arrive(self, handle: int = 1, *, call_id: str = "abc@carrier", agent: int = 0) -> None:
        event = StackEvent(Event.CALL_INCOMING, call=handle, call_id=call_id, ua=agent)
        self.incoming.arrive(cast(Call, FakeCall(handle)), event)

    async def leave(self, handle: int = 1) -> None:
        assert self.incoming.take(StackEvent(Event.CALL_CLOSED, call=handle))
        await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def door(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    monkeypatch.setattr(sip_incoming, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(sip_incoming, "_TEXT_LOOKS", 3)
    door = Door()
    yield door
    await door.incoming.close()


async def test_it_rings_until_its_leg_is_dialled(door: Door) -> None:
    await door.ring()

    assert [invite.caller for invite, _ in door.reception.admitted] == ["+4930901820"]
    call = door.incoming.pick_up("call_1")
    assert call is not None
    assert call.handle == 1
    assert door.incoming.pick_up("call_1") is None
    assert not door.incoming.take(StackEvent(Event.CALL_ESTABLISHED, call=1))
    assert (door.refused, door.reception.given_up, door.incoming.ringing) == ([], [], 0)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (TurnedAway(404, "Not Found"), 404),
        (TurnedAway(486, "Busy Here"), 486),
        (StoreAway(), 503),
        (ValueError("a bug"), 503),
    ],
)
async def test_it_is_turned_away(door: Door, refusal: Exception, status: int) -> None:
    door.reception.refuse = refusal

    await door.ring()

    assert (door.refused, door.incoming.ringing) == ([(1, status)], 0)
    assert door.reception.given_up == []


async def test_one_that_nobody_saw_come(door: Door) -> None:
    """The stack tells of a call whose INVITE was not in its log, or of which there are two."""
    door.arrive()
    await door.until_refused()

    assert (door.refused, door.reception.admitted) == ([(1, 403)], [])


async def test_the_caller_leaves_while_it_rings(door: Door) -> None:
    await door.ring()

    await door.leave()

    assert door.reception.given_up == [("call_1", CALLER_LEFT)]
    assert door.incoming.pick_up("call_1") is None
    assert door.refused == []


async def test_the_caller_leaves_while_we_look_who_answers(door: Door) -> None:
    door.reception.may_answer.clear()
    await door.ring()
    await door.leave()

    door.reception.may_answer.set()
    await settle()

    assert door.reception.given_up == [("call_1", CALLER_LEFT)]
    assert door.incoming.pick_up("call_1") is None


async def test_the_caller_leaves_as_the_leg_is_dialled(door: Door) -> None:
    """The leg finds nobody, and says so."""
    await door.ring()
    door.reception.is_dialled = True

    await door.leave()

    assert door.incoming.pick_up("call_1") is None


async def test_nobody_comes(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip_incoming, "RING_SECONDS", 0.02)
    await door.ring()
    await door.until_refused()

    assert door.reception.given_up == [("call_1", NOBODY_CAME)]
    assert door.refused == [(1, 486)]
    assert door.incoming.pick_up("call_1") is None


async def test_somebody_else_ends_it(door: Door) -> None:
    await door.ring()
    door.reception.ended = {"call_1"}
    await door.until_refused()

    assert (door.refused, door.reception.given_up) == ([(1, 480)], [])


async def test_a_gateway_that_ends_takes_none(door: Door) -> None:
    await door.ring()

    await door.incoming.close()
    await door.ring(2, call_id="two@carrier")

    assert door.refused == [(1, 503), (2, 503)]
    assert door.reception.given_up == [("call_1", NOBODY_CAME)]


async def test_a_flood_waits_in_no_queue(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip_incoming, "MOST_WAITING", 3)
    door.reception.may_answer.clear()

    for number in range(5):
        await door.ring(number, call_id=f"{number}@carrier")

    assert door.refused == [(3, 503), (4, 503)]


@pytest.mark.parametrize(
    ("agent", "to", "line"), [(7, "", ""), (7, "acme-8fe2aa77", "line_1"), (8, "acme-8fe2aa77", "")]
)
async def test_only_a_registrar_knows_the_address_of_a_registration(door: Door, agent: int, to: str, line: str) -> None:
    told = "TX UDP a -> b\nREGISTER sip:carrier SIP/2.0\r\nContact: <sip:acme-8fe2aa77@10.0.0.9>\r\n"
    door.invites.emit(logging.LogRecord("sip", logging.DEBUG, "", 0, "%s", (told,), None))

    await door.ring(agent=agent, to=f"sip:{to}@10.0.0.9" if to else "")

    assert [registered for _, registered in door.reception.admitted] == [line]
