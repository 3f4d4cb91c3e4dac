"""Keeping lines registered, and saying how they stand: against trunks that the test plays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import cast

import pytest
from baresip.errors import RegistrationError
from baresip.events import Event, StackEvent
from baresip.ua import UserAgent

from calls.telephony import sip_registrar
from calls.telephony.sip_probe import Answer
from calls.telephony.sip_registrar import RETRY_REFUSED_SECONDS, RETRY_SECONDS, Registrar, answer_of
from calls.telephony.sip_trunk import Trunk, TrunkUnreachable

TRUNK = Trunk("line_1", "sip.carrier.example.com", 5060, "udp", "acme", "s3cret", is_encrypted=False)


class FakeAgent:
    def __init__(self, handle: int, trunks: Trunks) -> None:
        self.handle = handle
        self._trunks = trunks

    async def register(self) -> None:
        self._trunks.log.append(f"register {self.handle}")
        if self._trunks.refuses is not None:
            raise self._trunks.refuses

    async def unregister(self, **_: float) -> None:
        self._trunks.log.append(f"unregister {self.handle}")


class Trunks:
    """The trunks, and the database that says which of them are ours."""

    def __init__(self) -> None:
        self.wanted: list[Trunk] = [TRUNK]
        self.refuses: Exception | None = None
        self.host = "10.1.2.3"
        self.log: list[str] = []
        self.said: list[tuple[str, str]] = []
        self.released: list[str] = []
        self.made = 0

    async def hold(self) -> Sequence[Trunk]:
        return self.wanted

    async def release(self, lines: Sequence[str]) -> None:
        self.released += lines

    async def note(self, line: str, answer: Answer | str) -> None:
        self.said.append((line, str(answer)))

    async def make_agent(self, trunk: Trunk, host: str) -> UserAgent:
        self.made += 1
        return cast(UserAgent, FakeAgent(self.made, self))

    async def look_up(self, domain: str, port: int, *, allow_private: bool) -> str:
        if not self.host:
            raise TrunkUnreachable("The domain leads to no address.")
        return self.host


@pytest.fixture
def trunks(monkeypatch: pytest.MonkeyPatch) -> Trunks:
    trunks = Trunks()
    monkeypatch.setattr(sip_registrar, "look_up", trunks.look_up)
    return trunks


@pytest.fixture
async def registrar(trunks: Trunks) -> AsyncIterator[Registrar]:
    registrar = Registrar(registrations=trunks, make_agent=trunks.make_agent, allow_private=True)
    yield registrar
    await registrar.stop()


async def look(registrar: Registrar, *, after: float = 0.0) -> None:
    """One look at the leases, so many seconds from now."""
    await registrar.step(now=asyncio.get_running_loop().time() + after)
    for _ in range(20):
        await asyncio.sleep(0)


async def test_it_is_registered_once(registrar: Registrar, trunks: Trunks) -> None:
    await look(registrar)
    await look(registrar, after=100)

    assert (trunks.log, trunks.said) == (["register 1"], [("line_1", Answer.WORKS)])
    assert (registrar.line_of(1), registrar.line_of(2)) == ("line_1", "")


async def test_a_password_that_is_refused_is_not_tried_again_soon(registrar: Registrar, trunks: Trunks) -> None:
    trunks.refuses = RegistrationError("no", status=403, reason="Forbidden")
    await look(registrar)
    await look(registrar, after=RETRY_SECONDS + 1)
    assert trunks.log == ["register 1"]

    trunks.refuses = None
    await look(registrar, after=RETRY_REFUSED_SECONDS + 1)

    assert trunks.log == ["register 1", "register 1"]
    assert trunks.said == [("line_1", Answer.REFUSED), ("line_1", Answer.WORKS)]


async def test_a_trunk_that_is_away_is_tried_again(registrar: Registrar, trunks: Trunks) -> None:
    trunks.refuses = RegistrationError("no answer")
    await look(registrar)
    await look(registrar, after=1)
    await look(registrar, after=RETRY_SECONDS + 1)

    assert trunks.log == ["register 1", "register 1"]
    assert trunks.said == [("line_1", Answer.SILENT)]


async def test_a_name_that_leads_elsewhere(registrar: Registrar, trunks: Trunks) -> None:
    trunks.host = ""
    await look(registrar)
    trunks.host = "10.1.2.4"
    await look(registrar, after=RETRY_SECONDS + 1)

    assert trunks.log == ["register 1"]
    assert trunks.said == [("line_1", "The domain leads to no address."), ("line_1", Answer.WORKS)]


async def test_without_a_password_nothing_is_sent(registrar: Registrar, trunks: Trunks) -> None:
    trunks.wanted = [replace(TRUNK, password="")]

    await look(registrar)

    assert (trunks.log, trunks.said) == ([], [("line_1", Answer.NEEDS_USER)])


async def test_a_line_that_was_changed(registrar: Registrar, trunks: Trunks) -> None:
    await look(registrar)
    trunks.wanted = [replace(TRUNK, password="another")]

    await look(registrar)
    await look(registrar)

    assert trunks.log == ["register 1", "unregister 1", "register 2"]
    assert (registrar.line_of(1), registrar.line_of(2)) == ("", "line_1")


async def test_a_line_that_is_somebody_elses_now(registrar: Registrar, trunks: Trunks) -> None:
    await look(registrar)
    trunks.wanted = []

    await look(registrar)
    await look(registrar)

    assert (trunks.log, trunks.released) == (["register 1", "unregister 1"], ["line_1"])


async def test_what_the_stack_says_when_it_renews(registrar: Registrar, trunks: Trunks) -> None:
    await look(registrar)
    for event, text in (
        (Event.REGISTER_FAIL, "503 Service Unavailable"),
        (Event.REGISTER_FAIL, "503 Service Unavailable"),
        (Event.REGISTER_OK, "200 OK"),
    ):
        registrar.take(StackEvent(event, ua=1, text=text))
        await asyncio.sleep(0)
    registrar.take(StackEvent(Event.REGISTER_FAIL, ua=9, text="401 Unauthorized"))
    await asyncio.sleep(0)

    assert [answer for _, answer in trunks.said] == [Answer.WORKS, Answer.DOWN, Answer.WORKS]


async def test_the_end(registrar: Registrar, trunks: Trunks) -> None:
    await look(registrar)

    await registrar.stop()
    await registrar.stop()

    assert (trunks.log, trunks.released) == (["register 1", "unregister 1"], ["line_1"])


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("401 Unauthorized", Answer.REFUSED),
        ("403 Forbidden", Answer.REFUSED),
        ("404 Not Found", Answer.REFUSED),
        ("503 Service Unavailable", Answer.DOWN),
        ("408 Request Timeout", Answer.SILENT),
        ("Connection timed out [110]", Answer.SILENT),
        ("", Answer.SILENT),
    ],
)
def test_what_a_registrar_means(text: str, answer: Answer) -> None:
    assert answer_of(text) == answer
