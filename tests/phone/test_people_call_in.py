"""Somebody calls a number of ours, through every process of the product. The telephone is Debian's baresip."""

from __future__ import annotations

import asyncio
import contextlib
import time
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calls.audio.speech_client import SpeechClient
from ops.customer import Customer
from ops.leftovers import left_over
from ops.listening import AGENT, CALLER, Heard, in_words, listen, shared_words
from ops.stack import Stack
from ops.takeover import AGENT as AVA
from ops.takeover import worker_of
from tests.phone import sipp
from tests.phone.incoming import Telephone
from tests.phone.kamailio import PASSWORD, USER
from tests.phone.registrar import registrar

pytestmark = pytest.mark.system

DIRECT = "+14155550101"
REGISTERED = "+14155550102"
GREETING = "Hello, this is Ava from Bright Smile Dental. What would you like to know?"
# A caller who waits for the greeting, asks, and asks again.
SAID = ((7.0, "How much does a cleaning cost?"), (11.0, "When are you open?"), (9.0, ""))


async def speak(speech_url: str, path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        async with SpeechClient(speech_url) as speech:
            for pause, line in SAID:
                file.writeframes(bytes(int(pause * 8000) * 2))
                if line:
                    file.writeframes(await speech.synthesize(line, voice=None, rate=8000, pitch=1.15))
    return path


@contextlib.asynccontextmanager
async def a_telephone(folder: Path, voice: Path, to: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Debian's baresip, which calls this address with this voice."""
    port = sipp.free_port()
    (folder / "config").write_text(
        f"sip_listen 127.0.0.1:{port}\nnet_interface 127.0.0.1\nmodule_path /usr/lib/baresip/modules\nmodule g711.so\n"
        f"module_app account.so\nmodule_app menu.so\nmodule aufile.so\nmodule sndfile.so\nsnd_path {folder}\naudio_source aufile,{voice}\n"
        f"audio_player aufile,{folder}/out.wav\naudio_alert aufile,{folder}/alert.wav\nrtp_ports 32000-32999\n"
    )
    (folder / "accounts").write_text(f"<sip:+4930901820@127.0.0.1:{port}>;regint=0;audio_codecs=pcmu,pcma\n")
    process = await asyncio.create_subprocess_exec(
        *("baresip", "-f", str(folder), "-e", f"/dial {to}"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=(folder / "baresip.log").open("wb"),
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def test_people_call_in(stack: Stack, customer: Customer, sip_port: int, tmp_path: Path) -> None:
    ask = asyncio.to_thread
    agent = await ask(customer.post, "/agents", {**AVA, "first_message": GREETING})
    async with registrar(tmp_path) as trunk:
        line = {"kind": "sip", "name": "Trunk", "domain": "127.0.0.1", "inbound_agent_id": agent["id"]}
        direct = await ask(customer.post, "/phone_lines", {**line, "numbers": [DIRECT], "max_live_calls": 1})
        more = {"port": trunk, "username": USER, "password": PASSWORD, "register": True}
        registered = await ask(customer.post, "/phone_lines", {**line, **more, "numbers": [REGISTERED]})
        voice = await speak(stack.told()["SPEECH_URL"], tmp_path / "voice.wav")
        await until(customer, f"/phone_lines/{registered['id']}", lambda found: found["status"] == "ready")
        async with a_telephone(tmp_path, voice, f"sip:{DIRECT}@127.0.0.1:{sip_port}"):
            (call,) = (await until(customer, "/calls", lambda found: found["total"] == 1))["data"]
            await until(customer, f"/calls/{call['id']}", lambda found: found["status"] == "in_progress")
            results = await asyncio.gather(
                Telephone("+4930901831", to=DIRECT).is_refused(486).call(tmp_path, sip_port),
                Telephone("+4930901832", to="+14155550999").is_refused(404).call(tmp_path, sip_port),
                gets_through(Telephone("+4930901833", to=REGISTERED), tmp_path, trunk),
            )
            killed = await ask(kill_worker_after_a_turn, stack, customer, call["id"])
            await until(customer, f"/calls/{call['id']}/transcript", lambda found: "9 am" in told(found))
        call = await ask(customer.wait_for_analysis, call["id"], seconds=60)
        heard = listen(await ask(customer.download_recording, call, tmp_path))
    assert all(results)
    other = next(each for each in customer.get("/calls")["data"] if each["id"] != call["id"])
    assert (call["direction"], call["phone_line_id"], call["to_number"]) == ("inbound", direct["id"], DIRECT)
    assert (call["from_number"], call["ended_reason"], call["ended_by"]) == ("+4930901820", "user_hangup", "user")
    assert killed
    assert shared_words(in_words(SAID[0][1]), heard.words(CALLER)) >= 0.7
    assert shared_words(in_words(GREETING), heard.words(AGENT)) >= 0.7
    assert shared_words(in_words(GREETING), heard_on(tmp_path).words(AGENT)) >= 0.7
    await until(customer, f"/calls/{other['id']}", lambda found: found["ended_reason"] == "user_hangup")
    assert left_over(stack) == []


async def gets_through(telephone: Telephone, folder: Path, trunk: int) -> bool:
    """Whether it is answered before long: a line that works may be registered a moment later."""
    telephone.is_answered().waits(0.5).hangs_up()
    for _ in range(8):
        if await telephone.call(folder, trunk):
            return True
        await asyncio.sleep(1)
    return False


def heard_on(folder: Path) -> Heard:
    """What came out of the telephone."""
    (path,) = folder.glob("dump-*-dec.wav")
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return Heard(caller=samples, agent=samples, rate=file.getframerate())


def told(transcript: dict[str, Any]) -> str:
    return " ".join(turn["text"] for turn in transcript["turns"])


def kill_worker_after_a_turn(stack: Stack, customer: Customer, call_id: str) -> bool:
    """Kill whoever drives the call, once the caller's first question is understood."""
    for message in customer.feed(call_id, seconds=60):
        if message["type"] == "transcript.update" and message["speaker"] == "user" and message["is_final"]:
            stack.kill(worker_of(stack, call_id))
            return True
    return False


async def until(customer: Customer, path: str, holds: Any, *, seconds: float = 25.0) -> Any:
    """What is found there, as soon as it is so."""
    give_up_at = time.monotonic() + seconds
    while True:
        found = await asyncio.to_thread(customer.get, path)
        if holds(found):
            return found
        assert time.monotonic() < give_up_at, found
        await asyncio.sleep(0.3)
