"""A caller is given to a second telephone, through every process of the product. Both are Debian's baresip."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pytest

from calls.telephony.base import EndedBy, EndReason, LegEnd
from ops.customer import Customer
from ops.leftovers import left_over
from ops.stack import Stack
from tests.phone import sipp
from tests.phone.baresip import RATE, Samples, a_telephone, tone, write
from tests.phone.caller import Caller, a_phone, leg_to

pytestmark = pytest.mark.system

# Neither is what an answering machine's tone is taken to be.
CALLERS_HZ: Final = 300
COLLEAGUES_HZ: Final = 2500
CONNECTED_SECONDS: Final = 2.5


def a_tone(folder: Path, hz: int) -> Path:
    return write(folder / "tone.wav", tone(hz, 60))


def at_last(heard: Samples) -> npt.NDArray[np.float64]:
    """What came out of a telephone in the last two seconds before it was hung up."""
    return heard[-2 * RATE : -RATE // 4].astype(np.float64)


def share_of(samples: npt.NDArray[np.float64], hz: int) -> float:
    """How much of the sound is this tone: 1 is all of it."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    at = round(hz * len(samples) / RATE)
    return float(power[at - 3 : at + 4].sum() / power.sum())


def place(customer: Customer, caller: int, colleague: int) -> dict[str, Any]:
    for name, port, number in (("Trunk", caller, "+14155550101"), ("Office", colleague, "+14155550102")):
        line = {"kind": "sip", "name": name, "domain": "127.0.0.1", "port": port, "numbers": [number]}
        customer.post("/phone_lines", line)
    desk = {"name": "Desk", "to": f"sip:100@127.0.0.1:{colleague}", "announcement": "One moment."}
    agent = customer.post(
        "/agents", {"name": "Ada", "voice": "en-US-Neural2-F", "first_message": "Hello.", "transfers": [desk]}
    )
    call: dict[str, Any] = customer.post(
        "/calls", {"agent_id": agent["id"], "to_number": "+4930901820", "from_number": "+14155550101"}
    )
    return call


def follow(customer: Customer, call_id: str) -> list[str]:
    """Have the call transferred when the agent has spoken, and ended when the two have talked. What happened."""
    happened = []
    for message in customer.feed(call_id, seconds=60):
        happened.append(message["type"])
        if message["type"] == "transcript.update" and message["is_final"] and "call.transferring" not in happened:
            customer.post(f"/calls/{call_id}/transfer", {"name": "desk"})
        if message["type"] == "call.transferred":
            # They talk: there is nothing to wait for.
            asyncio.run(asyncio.sleep(CONNECTED_SECONDS))
            customer.post(f"/calls/{call_id}/hangup", {})
    return happened


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """One for each telephone."""
    theirs, ours = tmp_path / "caller", tmp_path / "colleague"
    theirs.mkdir()
    ours.mkdir()
    return theirs, ours


async def test_a_caller_is_given_to_another_telephone(
    stack: Stack, customer: Customer, folders: tuple[Path, Path]
) -> None:
    theirs, ours = folders
    async with (
        a_telephone(theirs, "+4930901820", voice=a_tone(theirs, CALLERS_HZ)) as caller,
        a_telephone(ours, "100", voice=a_tone(ours, COLLEAGUES_HZ)) as colleague,
    ):
        placed = await asyncio.to_thread(place, customer, caller.port, colleague.port)
        happened = await asyncio.to_thread(follow, customer, placed["id"])
        call = await asyncio.to_thread(customer.wait_for_analysis, placed["id"], seconds=60)
        await asyncio.sleep(0.5)

    moves = [name for name in happened if name.startswith("call.")]
    assert moves == ["call.started", "call.answered", "call.transferring", "call.transferred", "call.completed"]
    assert (call["status"], call["ended_reason"], call["ended_by"]) == ("completed", "api_hangup", "api")
    assert call["duration"] >= 3
    assert share_of(at_last(caller.heard), COLLEAGUES_HZ) > 0.9
    assert share_of(at_last(colleague.heard), CALLERS_HZ) > 0.9
    assert left_over(stack) == []


def tells(status: str) -> str:
    """What came of a REFER."""
    named = "message/sipfrag;version=2.0\n      Event: refer\n      Subscription-State: terminated;reason=noresource"
    return sipp.sends("NOTIFY", body=f"SIP/2.0 {status}\n", content_type=named) + sipp.hears(200)


ANSWERED: Final = (
    sipp.receives("INVITE")
    + sipp.says("180 Ringing")
    + sipp.says("200 OK", sdp="0 8 101", retrans=True)
    + sipp.receives("ACK")
    + sipp.receives("REFER")
)


@pytest.mark.parametrize(
    ("scenario", "came_of_it"),
    [
        (sipp.says("202 Accepted") + tells("200 OK") + sipp.receives("BYE") + sipp.confirms(), None),
        (
            sipp.says("202 Accepted") + tells("486 Busy Here") + sipp.receives("BYE") + sipp.confirms(),
            LegEnd(EndReason.BUSY, EndedBy.CARRIER, "REFER, SIP 486"),
        ),
        (
            sipp.says("405 Method Not Allowed") + sipp.receives("BYE") + sipp.confirms(),
            LegEnd(EndReason.CARRIER_ERROR, EndedBy.CARRIER, "REFER, SIP 405"),
        ),
    ],
    ids=["it does", "it is busy there", "it cannot"],
)
async def test_a_trunk_is_asked_to_do_it(tmp_path: Path, scenario: str, came_of_it: LegEnd | None) -> None:
    caller = Caller()
    async with sipp.sipp(tmp_path, ANSWERED + scenario) as port, a_phone() as phone, asyncio.timeout(20):
        leg = leg_to(port, phone, caller)
        await leg.dial()
        await caller.is_answered.wait()
        outcome = await leg.refer("sip:+4930901899@127.0.0.1")
        if came_of_it is None:
            await caller.is_over.wait()
        # Where it came to nothing the call goes on.
        goes_on = caller.end is None
        await leg.close()

    assert outcome == came_of_it
    assert goes_on is (came_of_it is not None)
    if came_of_it is None:
        assert caller.end == LegEnd(EndReason.TRANSFERRED, EndedBy.AGENT, "the trunk did it")
