"""`/media/twilio/…`: Twilio's socket at the real consumer, its leg at a gateway's phone on the real bus."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings as django_settings
from django.utils import timezone

from agents.models import Agent
from calls import bus
from calls.audio.g711 import ulaw_decode
from calls.consumers.carrier_sockets import carrier_sockets
from calls.models import CarrierCall
from calls.routing import websockets
from calls.services import legs, twilio_calls
from calls.services.background import Jobs
from calls.services.starting import start_call
from calls.telephony.twilio import TwilioLeg, TwilioPhone
from calls.tests.lines.conftest import make_line
from calls.tests.talking import in_database, until
from calls.tests.telephony.test_browser_leg import Listener
from calls.tests.telephony.test_twilio_leg import FakeRest, voice
from calls.tests.twilio_peer import sign
from calls.twilio_book import DjangoBook

pytestmark = [pytest.mark.usefixtures("queued"), pytest.mark.django_db(transaction=True)]

PUBLIC = "https://vani.example"
SID = "CA1"


class Gateway:
    """One leg of a gateway's, and the gateway's place on the bus."""

    def __init__(self, wire: bus.Bus, jobs: Jobs) -> None:
        self.wire = wire
        self.listener = Listener()
        self.phone = TwilioPhone(rest=FakeRest(), book=DjangoBook(name=wire.name, jobs=jobs), send=wire.send)
        self.tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._publish())]

    async def dial(self, call_id: str) -> CarrierCall:
        plan = await in_database(lambda: legs.begin_dial(call_id=call_id, holder=self.wire.name, at=timezone.now()))
        self.leg = TwilioLeg(plan.spec, self.listener, phone=self.phone)
        await self.leg.dial()
        return await in_database(lambda: CarrierCall.objects.get())

    async def _receive(self) -> None:
        async for sender, items in self.wire.receive():
            for item in items:
                self.phone.take(sender, item)

    async def _publish(self) -> None:
        while True:
            await self.wire.flush()
            await asyncio.sleep(0.02)


@pytest.fixture
async def gateway(settings: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    monkeypatch.setattr("calls.tasks.check_line.delay", lambda **_: None)
    settings.PUBLIC_URL = PUBLIC
    settings.BUS_PREFIX = bus.process_name("test")
    wire = bus.Bus(url=django_settings.REDIS_URL, name=bus.process_name("gateway"), prefix=settings.BUS_PREFIX)
    with Jobs() as jobs:
        gateway = Gateway(wire, jobs)
        await wire.subscribed.wait()
        yield gateway
        for task in gateway.tasks:
            task.cancel()
        await asyncio.gather(*gateway.tasks, return_exceptions=True)
        await carrier_sockets().end()
        await wire.close()
        gateway.phone.close()


@pytest.fixture
async def dialled(gateway: Gateway, agent: Agent) -> CarrierCall:
    def place() -> str:
        make_line(agent.account, kind="twilio")
        now = timezone.now()
        its: dict[str, Any] = {"to_number": "+4930901820", "from_number": None, "metadata": {}}
        return start_call(account=agent.account, agent=agent, api_key=None, at=now, **its).public_id

    return await gateway.dial(await in_database(place))


class Socket:
    """Twilio's side."""

    def __init__(self, key: str, *, signature: str | None = None) -> None:
        path = f"/media/twilio/{key}"
        signed = sign(PUBLIC.replace("http", "ws") + path, {}) if signature is None else signature
        headers = [(b"x-twilio-signature", signed.encode())]
        self.wire = WebsocketCommunicator(websockets, path, headers=headers)

    async def open(self) -> bool:
        is_open, _ = await self.wire.connect()
        return bool(is_open)

    async def start(self, admits: str, *, stream: str, sid: str = SID) -> None:
        start = {"streamSid": stream, "callSid": sid, "customParameters": {"admits": admits}}
        await self.send({"event": "connected"})
        await self.send({"event": "start", "start": start})

    async def send(self, message: dict[str, Any]) -> None:
        await self.wire.send_to(text_data=json.dumps(message))

    async def receive(self) -> Any:
        return json.loads(await self.wire.receive_from(timeout=5))

    async def closed(self) -> int:
        return int((await self.wire.receive_output(timeout=5))["code"])


async def admitted(call: CarrierCall) -> str:
    twiml = await in_database(lambda: twilio_calls.next_step(carrier_call=call, at=timezone.now()))
    return str(twiml.partition('value="')[2].partition('"')[0])


@pytest.mark.parametrize("signature", ["", "forged"])
async def test_a_handshake_that_is_not_signed_is_refused(dialled, signature):
    assert not await Socket(dialled.public_id, signature=signature).open()


async def test_nobodys_socket_is_refused(dialled):
    assert not await Socket("carrier_0").open()


@pytest.mark.parametrize(("admits", "sid"), [("another", SID), (None, "CA2")])
async def test_who_was_not_let_in_is_turned_away(gateway, dialled, admits, sid):
    admits = admits or await admitted(dialled)
    socket = Socket(dialled.public_id)

    assert await socket.open()
    await socket.start(admits, stream="MZ1", sid=sid)

    assert await socket.closed() == 4401
    assert gateway.listener.told == []


async def test_sound_goes_both_ways_and_on_after_a_break(gateway, dialled):
    admits = await admitted(dialled)
    first = Socket(dialled.public_id)
    await first.open()
    await first.start(admits, stream="MZ1")
    await until(lambda: gateway.listener.told == ["answered"])
    gateway.leg.play(voice(3))
    played = await first.receive()
    await first.send({"event": "media", "media": {"payload": b64encode(bytes([5]) * 160).decode()}})
    await first.send({"event": "dtmf", "dtmf": {"digit": "7"}})
    await until(lambda: gateway.listener.told[1:] == [voice(5), "7"])

    await first.wire.disconnect(code=1006)
    await until(lambda: gateway.leg._stream is None)
    gateway.leg.play(voice(4))
    again = Socket(dialled.public_id)
    await again.open()
    await again.start(await admitted(dialled), stream="MZ2")
    resumed = [await again.receive(), await again.receive()]
    await again.send({"event": "stop"})
    await until(lambda: gateway.listener.told[3:] == [("user_hangup", "user")])

    sounds = [ulaw_decode(_payload(message)) for message in (played, *resumed)]
    assert sounds == [voice(3), voice(3), voice(4)]
    assert [message["streamSid"] for message in resumed] == ["MZ2", "MZ2"]
    assert await again.closed() == 1000


async def test_nonsense_closes_the_socket_and_not_the_call(gateway, dialled):
    socket = Socket(dialled.public_id)
    await socket.open()
    await socket.start(await admitted(dialled), stream="MZ1")
    await until(lambda: gateway.listener.told == ["answered"])

    await socket.send({"event": "media", "media": {"payload": "%%%"}})

    assert await socket.closed() == 4400
    assert gateway.listener.told == ["answered"]


def _payload(message: Any) -> bytes:
    return b64decode(message["media"]["payload"])
