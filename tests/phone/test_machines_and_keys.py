"""A machine that answers, and a person who types: through every process of the product. The telephone is Debian's baresip."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from ops.customer import Customer
from ops.listening import in_words, shared_words
from ops.stack import Stack
from tests.phone.baresip import RATE, Samples, Telephone, a_telephone, silence, spoken, tone, words_in, write
from tests.phone.model import Model

pytestmark = pytest.mark.system

# No other test of the stack has a line with these: a number is answered by the eldest.
ONE, OTHER = "+14155550111", "+14155550112"
THEIRS: Final = "+4930901820"
GREETING: Final = "We are not available right now. Please leave a message after the tone."
MESSAGE: Final = "This is the dental office. Your appointment is on Tuesday morning. Thank you very much."
BEEP_HZ: Final = 1000

WELCOME: Final = "Welcome to Bright Smile Dental. Press one for your appointment."
ASKED: Final = "Please type your customer number, and then the hash key."
KNOWN: Final = "Thank you. Your appointment is on Tuesday morning."


def place(customer: Customer, number: str, telephone: Telephone, **agent: Any) -> str:
    line = {"kind": "sip", "name": "Trunk", "domain": "127.0.0.1", "port": telephone.port, "numbers": [number]}
    customer.post("/phone_lines", line)
    made = customer.post("/agents", {"name": "Ada", "voice": "en-US-Neural2-F", **agent})
    call_id: str = customer.post("/calls", {"agent_id": made["id"], "to_number": THEIRS, "from_number": number})["id"]
    return call_id


async def test_a_machine_and_somebody_who_types(stack: Stack, customer: Customer, model: Model, tmp_path: Path) -> None:
    """Side by side: for most of the time they wait."""
    machine, person = tmp_path / "machine", tmp_path / "person"
    machine.mkdir()
    person.mkdir()
    async with asyncio.TaskGroup() as group:
        group.create_task(a_machine_gets_its_message_after_the_beep(customer, stack.told()["SPEECH_URL"], machine))
        group.create_task(digits_are_asked_for_and_typed(customer, model, person))


async def a_machine_gets_its_message_after_the_beep(customer: Customer, speech_url: str, folder: Path) -> None:
    greeting = await spoken(speech_url, GREETING)
    voice = write(folder / "voice.wav", silence(0.4), greeting, silence(0.3), tone(BEEP_HZ, 0.5), silence(30))
    settings = {"voicemail_action": "leave_message", "voicemail_message": MESSAGE, "first_message": "Is Bob there?"}
    async with a_telephone(folder, THEIRS, voice=voice) as telephone:
        call_id = await asyncio.to_thread(place, customer, ONE, telephone, **settings)
        call = await asyncio.to_thread(customer.wait_for_end, call_id, seconds=40)

    assert (call["status"], call["ended_reason"], call["ended_by"]) == ("completed", "voicemail_left", "agent")
    beep = beep_ends(telephone.said)
    before, after = words_in(telephone.heard[:beep]), words_in(telephone.heard[beep:])
    assert shared_words(in_words(MESSAGE), after) >= 0.7, after
    assert shared_words(in_words(MESSAGE), before) <= 0.2, before


def beep_ends(said: Samples) -> int:
    """The sample after the beep: the last of its tenths of a second."""
    size = RATE // 10
    tenths = said[: len(said) // size * size].reshape(-1, size).astype(float)
    power = np.abs(np.fft.rfft(tenths * np.hanning(size))) ** 2
    at = BEEP_HZ * size // RATE
    pure = power[:, at - 2 : at + 3].sum(axis=1) / (power.sum(axis=1) + 1)
    return int(np.flatnonzero(pure > 0.9).max() + 1) * size


async def digits_are_asked_for_and_typed(customer: Customer, model: Model, folder: Path) -> None:
    model.parts["You look up customers."] = reply
    menu = {"menu": [{"digit": "1", "meaning": "my appointment"}]}
    agent = {"prompt": "You look up customers.", "first_message": WELCOME, "keypad": menu}
    voice = write(folder / "voice.wav", silence(60))
    async with a_telephone(folder, THEIRS, voice=voice) as telephone:
        call_id = await asyncio.to_thread(place, customer, OTHER, telephone, **agent)
        happened = await asyncio.to_thread(type_when_asked, customer, call_id, telephone, asyncio.get_running_loop())
        call = await asyncio.to_thread(customer.get, f"/calls/{call_id}")

    assert [message["digit"] for message in happened if message["type"] == "call.digit"] == [*"14815#"]
    lines = [f"Agent: {WELCOME}", "User: [1]", f"Agent: {ASKED}", "User: [4 8 1 5]", f"Agent: {KNOWN}"]
    assert call["transcript"].splitlines() == lines
    assert (call["status"], call["ended_reason"]) == ("completed", "agent_hangup")


def reply(last: str) -> str:
    if "I pressed 4 8 1 5 on my telephone" in last:
        return f"{KNOWN} <hangup>"
    return f"{ASKED} <digits 4-12>"


def type_when_asked(
    customer: Customer, call_id: str, telephone: Telephone, loop: asyncio.AbstractEventLoop
) -> list[dict[str, Any]]:
    """Press what the agent asks for, until it has hung up. What happened."""
    happened = []
    for message in customer.feed(call_id, seconds=60):
        happened.append(message)
        is_said = message["type"] == "transcript.update" and message["speaker"] == "agent" and message["is_final"]
        if is_said and (keys := {WELCOME: "1", ASKED: "4815#"}.get(message["text"])):
            asyncio.run_coroutine_threadsafe(telephone.press(keys), loop).result(20)
    return happened
