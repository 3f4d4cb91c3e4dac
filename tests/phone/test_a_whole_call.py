"""A call over a SIP trunk, through every process of the product. The far end is SIPp, which listens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.customer import Customer
from ops.listening import AGENT, in_words, listen, shared_words
from ops.stack import Stack
from tests.phone import sipp

pytestmark = pytest.mark.system

NUMBER = "+14155550101"
WORDS = "Good morning. This is the dental office, and your appointment is on Tuesday at nine."


@pytest.fixture
def trunk(tmp_path: Path) -> Iterator[int]:
    """A SIPp that answers one call, on a loop of its own."""
    ready, ended = threading.Event(), threading.Event()
    ports: list[int] = []

    async def answer() -> None:
        async with sipp.sipp(tmp_path, sipp.answers(), calls=20) as port:
            ports.append(port)
            ready.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(answer()))
    thread.start()
    try:
        assert ready.wait(20)
        yield ports[0]
    finally:
        ended.set()
        thread.join()


def test_a_whole_call(stack: Stack, customer: Customer, trunk: int, tmp_path: Path) -> None:
    line = customer.post(
        "/phone_lines",
        {"kind": "sip", "name": "Trunk", "domain": "127.0.0.1", "port": trunk, "numbers": [NUMBER]},
    )
    agent = customer.post("/agents", {"name": "Ada", "voice": "en-US-Neural2-F", "first_message": WORDS})

    placed = customer.post("/calls", {"agent_id": agent["id"], "to_number": "+4930901820"})
    for message in customer.feed(placed["id"], seconds=60):
        if message["type"] == "transcript.update" and message["speaker"] == "agent" and message["is_final"]:
            customer.post(f"/calls/{placed['id']}/hangup", {})
    call = customer.wait_for_analysis(placed["id"], seconds=60)
    heard = listen(customer.download_recording(call, tmp_path))

    assert (placed["phone_line_id"], placed["from_number"]) == (line["id"], NUMBER)
    assert (call["status"], call["ended_reason"], call["ended_by"]) == ("completed", "api_hangup", "api")
    assert shared_words(in_words(WORDS), heard.words(AGENT)) >= 0.7
