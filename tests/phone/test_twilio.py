"""Calls over Twilio through every process of the product. Its REST side is ours; its sockets are streamdouble's."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
import websockets
from streamdouble import protocol, session
from streamdouble.scenario import Hangup, Say, Scenario, Wait, WaitFor

from calls.audio.framing import TELEPHONE_RATE, frames_of
from calls.audio.g711 import ulaw_encode
from calls.audio.speech_client import SpeechClient
from calls.tests.twilio_peer import ACCOUNT, TOKEN, PeerCall, TwilioPeer, new_sid, sign
from ops.customer import Customer
from ops.listening import CALLER, in_words, listen, shared_words
from ops.stack import Stack

pytestmark = pytest.mark.system

NUMBER = "+14155550103"
QUESTION = "How much does a cleaning cost?"
AGENT = {
    "name": "Ava",
    "voice": "en-US-Neural2-F",
    "prompt": "You are Ava, the receptionist of Bright Smile Dental.\nA cleaning costs 90 dollars.",
    "first_message": "Hello, this is Ava from Bright Smile Dental. What would you like to know?",
}


@pytest.fixture(scope="module")
def question(stack: Stack) -> list[bytes]:
    async def say() -> bytes:
        async with SpeechClient(stack.told()["SPEECH_URL"]) as speech:
            return await speech.synthesize(QUESTION, voice=None, rate=TELEPHONE_RATE, pitch=1.15)

    return [ulaw_encode(frame) for frame in frames_of(asyncio.run(say()), TELEPHONE_RATE)]


@pytest.fixture
def line(customer: Customer) -> dict[str, Any]:
    agent = customer.post("/agents", AGENT)
    fields = {"account_sid": ACCOUNT, "auth_token": TOKEN, "numbers": [NUMBER], "inbound_agent_id": agent["id"]}
    return customer.post("/phone_lines", {"kind": "twilio", "name": "Twilio", **fields})


@pytest.fixture(autouse=True)
def nobody_is_called_again(twilio: TwilioPeer) -> Iterator[None]:
    yield
    twilio.on_dial = lambda call: None


class Far:
    """Twilio's side of one call: where its sockets lead, what it is told to do after each, what came over them."""

    def __init__(self, peer: TwilioPeer, call: PeerCall) -> None:
        self.peer, self.call = peer, call
        self.violations: list[str] = []
        self.sound = b""

    def follow(self, twiml: str, *steps: Any) -> str:
        """Join the call to a socket, and do these things there. Gives what is to be asked afterwards."""
        url, admits = _found(r'<Stream url="([^"]+)"', twiml), _found(r'name="admits" value="([^"]+)"', twiml)
        config = session.SessionConfig(custom_parameters={"admits": admits}, quiet_period_s=0.8, max_drain_s=0.2)
        identity = protocol.StreamIdentity(account_sid=ACCOUNT, call_sid=self.call.sid)
        talk = session.Session(url, config=config, scenario=Scenario("talk", list(steps)), identity=identity)
        signed = partial(websockets.connect, additional_headers={"X-Twilio-Signature": sign(url, {})})
        double = SimpleNamespace(connect=signed, ConnectionClosed=websockets.ConnectionClosed)
        with mock.patch.object(session, "websockets", double):
            result = asyncio.run(talk.run())
        self.violations += result.violations
        self.sound += bytes(result.audio_received)
        return _found(r"<Redirect[^>]*>([^<]+)<", twiml)

    def ask(self, url: str) -> str:
        return self.peer.ask(url, self.peer.callback_form(self.call, self.call.status))


def test_a_conversation_whose_socket_breaks_in_a_sentence(
    customer: Customer, twilio: TwilioPeer, line: dict[str, Any], question: list[bytes], tmp_path: Path
) -> None:
    far: list[Far] = []
    done = threading.Event()

    def pick_up(call: PeerCall) -> None:
        far.append(Far(twilio, call))
        for state in ("initiated", "ringing", "in-progress"):
            assert twilio.call_back(call, state) == 204
        then = far[0].follow(call.said("Twiml"), WaitFor("audio"), Wait(1.0), Hangup())
        say = Say(path=Path("question.wav"), frames=question)
        far[0].follow(far[0].ask(then), WaitFor("quiet"), say, Wait(2.0), WaitFor("quiet"))
        twilio.call_back(call, "completed")
        done.set()

    twilio.on_dial = pick_up
    placed = customer.post("/calls", {"agent_id": line["inbound_agent_id"], "to_number": "+4930901820"})
    call = customer.wait_for_analysis(placed["id"], seconds=60)
    assert done.wait(10)

    heard = listen(customer.download_recording(call, tmp_path))
    assert placed["phone_line_id"] == line["id"]
    assert (call["status"], call["ended_reason"], call["ended_by"]) == ("completed", "user_hangup", "user")
    assert shared_words(in_words(QUESTION), heard.words(CALLER)) >= 0.8
    assert "90 dollars" in call["transcript"]
    assert [far.call.status for far in far] == ["completed"]
    assert far[0].violations == []
    assert len(twilio.calls) == 1


def test_somebody_calls_in(
    customer: Customer, twilio: TwilioPeer, line: dict[str, Any], stack: Stack, question: list[bytes]
) -> None:
    call = PeerCall(new_sid(), {}, status="ringing")
    twilio.calls[call.sid] = call
    far = Far(twilio, call)
    webhook = f"{stack.url}/callbacks/twilio/lines/{line['id']}"
    form = {**twilio.callback_form(call, "ringing"), "From": "+4930901820", "To": NUMBER}

    twiml = twilio.ask(webhook, form)
    rings = 0
    while "<Stream" not in twiml and rings < 50:
        rings += 1
        threading.Event().wait(0.2)
        twiml = far.ask(_found(r"<Redirect[^>]*>([^<]+)<", twiml))
    call.status = "in-progress"
    far.follow(twiml, WaitFor("audio"), Wait(0.5))
    placed = customer.get("/calls")["data"][0]
    ended = customer.wait_for_end(placed["id"], seconds=10)

    assert (placed["direction"], placed["to_number"], placed["from_number"]) == ("inbound", NUMBER, "+4930901820")
    assert (ended["status"], ended["ended_reason"]) == ("completed", "user_hangup")
    assert len(far.sound) > 1000
    assert call.hung_up.wait(5)


def test_it_is_hung_up_at_twilio(customer: Customer, twilio: TwilioPeer, line: dict[str, Any]) -> None:
    ringing: list[PeerCall] = []
    rings = threading.Event()

    def ring(call: PeerCall) -> None:
        twilio.call_back(call, "ringing")
        ringing.append(call)
        rings.set()

    twilio.on_dial = ring
    placed = customer.post("/calls", {"agent_id": line["inbound_agent_id"], "to_number": "+4930901820"})
    assert rings.wait(10)
    customer.post(f"/calls/{placed['id']}/hangup", {})
    ended = customer.wait_for_end(placed["id"], seconds=10)

    assert (ended["status"], ended["ended_reason"]) == ("failed", "canceled")
    assert ringing[0].hung_up.wait(5)
    assert ringing[0].status == "canceled"


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, text
    return found[1].replace("&amp;", "&")
