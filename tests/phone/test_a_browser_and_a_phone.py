"""A talk in a browser is given to a telephone, through every process of the product. The telephone is Debian's baresip."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from ops.customer import Customer
from ops.leftovers import left_over
from ops.listening import AGENT, CALLER, Heard, in_words, listen, shared_words
from ops.stack import Stack
from ops.talker import RATE, Talked, talk
from tests.phone.baresip import a_telephone, silence, spoken, words_in, write

pytestmark = pytest.mark.system

WANTED: Final = "Can I talk to a person, please?"
CALLERS: Final = "How much does a cleaning cost?"
COLLEAGUES: Final = "Thank you very much for your help."
ASKED: Final = "And is there parking at your office?"
AGREED: Final = "Yes, please."
# How the agent begins what it tells a colleague.
BRIEF: Final = "this is Ada, the automated assistant. I have a caller on the line"


def begin(customer: Customer, port: int, *, mode: str = "cold") -> dict[str, Any]:
    line = {"kind": "sip", "name": "Office", "domain": "127.0.0.1", "port": port, "numbers": ["+14155550113"]}
    customer.post("/phone_lines", line)
    desk = {"name": "Desk", "to": f"sip:100@127.0.0.1:{port}", "mode": mode, "announcement": "One moment."}
    agent = {"name": "Ada", "voice": "en-US-Neural2-F", "first_message": "Hello.", "transfers": [desk]}
    return customer.post(f"/agents/{customer.post('/agents', agent)['id']}/talks", {})


async def test_a_browser_calls_in_and_a_phone_answers(stack: Stack, customer: Customer, tmp_path: Path) -> None:
    speech = stack.told()["SPEECH_URL"]
    said = await spoken(speech, COLLEAGUES)
    voice = write(tmp_path / "voice.wav", *[silence(1.5), said] * 10)
    async with a_telephone(tmp_path, "100", voice=voice) as telephone:
        begun = await asyncio.to_thread(begin, customer, telephone.port)
        call_id = begun["call_id"]

        def wait_until_connected(number: int) -> None:
            if number == 0:
                happened = (message["type"] for message in customer.feed(call_id, seconds=30))
                assert "call.transferred" in happened

        talked = await talk(
            begun["media_url"], speech_url=speech, lines=[WANTED, CALLERS], while_answering=wait_until_connected
        )
        call = await asyncio.to_thread(customer.wait_for_analysis, call_id, seconds=60)
    recorded = listen(await asyncio.to_thread(customer.download_recording, call, tmp_path))

    assert (call["status"], call["ended_reason"], call["ended_by"]) == ("completed", "transferred", "user")
    assert shared_words(in_words(CALLERS), words_in(telephone.heard)) >= 0.8
    for heard in (in_browser(talked), recorded):
        assert shared_words(in_words(COLLEAGUES), heard.words(AGENT)) >= 0.8
    assert shared_words(in_words(CALLERS), recorded.words(CALLER)) >= 0.8
    assert left_over(stack) == []


async def test_the_agent_asks_the_phone_first(stack: Stack, customer: Customer, tmp_path: Path) -> None:
    speech = stack.told()["SPEECH_URL"]
    voice = write(tmp_path / "voice.wav", *[silence(11), await spoken(speech, AGREED)] * 6)
    async with a_telephone(tmp_path, "100", voice=voice) as telephone:
        begun = await asyncio.to_thread(begin, customer, telephone.port, mode="warm")
        call_id = begun["call_id"]

        def wait_until_connected(number: int) -> None:
            if number == 1:
                happened = (message["type"] for message in customer.feed(call_id, seconds=60))
                assert "call.transferred" in happened

        talked = await talk(
            begun["media_url"], speech_url=speech, lines=[ASKED, WANTED, CALLERS], while_answering=wait_until_connected
        )
        call = await asyncio.to_thread(customer.wait_for_analysis, call_id, seconds=60)

    assert (call["status"], call["ended_reason"], call["ended_by"]) == ("completed", "transferred", "user")
    # The colleague is told by the agent what the caller wants, who hears none of that.
    told, heard = words_in(telephone.heard), in_browser(talked).words(AGENT)
    assert shared_words(in_words(f"{BRIEF} {ASKED}"), told) >= 0.7
    assert shared_words(in_words(CALLERS), told) >= 0.8
    assert "automated" in told
    assert "automated" not in heard
    assert "yes" in heard
    assert left_over(stack) == []


def in_browser(talked: Talked) -> Heard:
    heard = np.frombuffer(b"".join(talked.heard), "<i2")
    return Heard(caller=heard, agent=heard, rate=RATE)
