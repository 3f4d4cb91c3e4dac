"""What a trunk answers, and what becomes of the call: against SIPp."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from calls.audio.framing import frames_of
from calls.telephony.base import EndedBy, EndReason
from tests.phone import sipp
from tests.phone.caller import Caller, a_phone, leg_to, talk

pytestmark = pytest.mark.system


@pytest.mark.parametrize(
    ("status", "reason", "by"),
    [
        ("486 Busy Here", EndReason.BUSY, EndedBy.CARRIER),
        ("600 Busy Everywhere", EndReason.BUSY, EndedBy.CARRIER),
        ("603 Decline", EndReason.REJECTED, EndedBy.USER),
        ("404 Not Found", EndReason.INVALID_NUMBER, EndedBy.CARRIER),
        ("484 Address Incomplete", EndReason.INVALID_NUMBER, EndedBy.CARRIER),
        ("480 Temporarily Unavailable", EndReason.NO_ANSWER, EndedBy.CARRIER),
        ("403 Forbidden", EndReason.CARRIER_ERROR, EndedBy.CARRIER),
        ("503 Service Unavailable", EndReason.CARRIER_ERROR, EndedBy.CARRIER),
    ],
)
async def test_a_refusal(tmp_path: Path, status: str, reason: EndReason, by: EndedBy) -> None:
    caller = Caller()
    async with sipp.sipp(tmp_path, sipp.refuses(status)) as port, a_phone() as phone, asyncio.timeout(20):
        await leg_to(port, phone, caller).dial()
        await caller.is_over.wait()

    assert caller.end is not None
    assert (caller.end.reason, caller.end.by, caller.end.detail) == (reason, by, f"SIP {status[:3]}")
    assert caller.log == ["ended"]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_talking(tmp_path: Path, transport: str) -> None:
    """What is said comes back from an echo, whole; hanging up is ours, and no event follows."""
    rng = np.random.default_rng(7)
    speech = (np.cumsum(rng.normal(0, 400, 8000 * 2)) % 8000 - 4000).astype("<i2").tobytes()
    caller = Caller()
    kind = "u1" if transport == "udp" else "t1"
    async with (
        sipp.sipp(tmp_path, sipp.answers(), transport=kind, echoes=True) as port,
        a_phone() as phone,
        asyncio.timeout(30),
    ):
        leg = leg_to(port, phone, caller, transport=transport)
        await leg.dial()
        await caller.is_answered.wait()
        await talk(leg, frames_of(speech, 8000), then_silence=50)
        await leg.hang_up()
        await asyncio.sleep(0.3)

    assert caller.log == ["ringing", "answered"]
    assert similarity(speech, caller.sound) > 0.9


async def test_a_peer_that_answers_at_once(tmp_path: Path) -> None:
    for _ in range(10):
        caller = Caller()
        async with (
            sipp.sipp(tmp_path, sipp.answers(ringing=())) as port,
            a_phone() as phone,
            asyncio.timeout(10),
        ):
            leg = leg_to(port, phone, caller)
            await leg.dial()
            await caller.is_answered.wait()
            await leg.hang_up()

        assert caller.log == ["answered"]


async def test_what_the_trunk_is_told_beside_the_call(tmp_path: Path) -> None:
    """Only what is named like a header, and on one line."""
    caller, traces = Caller(), []
    metadata = {"X-Campaign": "spring", "customer": "cust_1", "X-Evil": "a\r\nX-More: b"}
    async with sipp.sipp(tmp_path, sipp.answers()) as port, a_phone() as phone, asyncio.timeout(20):
        leg = leg_to(port, phone, caller, metadata=metadata, keep_trace=lambda _call, trace: traces.append(trace))
        await leg.dial()
        await caller.is_answered.wait()
        await leg.hang_up()

    invite = next(message.text for message in traces[0].messages if message.text.startswith("INVITE"))
    assert "X-Campaign: spring" in invite
    assert "cust_1" not in invite
    assert "X-More" not in invite


async def test_giving_up_while_it_rings(tmp_path: Path) -> None:
    caller = Caller()
    async with sipp.sipp(tmp_path, sipp.rings_on()) as port, a_phone() as phone, asyncio.timeout(20):
        leg = leg_to(port, phone, caller)
        await leg.dial()
        await caller.is_ringing.wait()
        await leg.hang_up()
        await asyncio.sleep(0.3)

    assert caller.log == ["ringing"]


async def test_a_private_address_is_not_called() -> None:
    caller = Caller()
    async with a_phone(allow_private=False) as phone:
        await leg_to(5060, phone, caller).dial()

    assert caller.end is not None
    assert caller.end.reason == EndReason.CARRIER_ERROR
    assert "private" in caller.end.detail


def similarity(said: bytes, heard: bytes) -> float:
    """How well the best place in what was heard fits what was said, from 0 to 1."""
    one, other = (np.frombuffer(pcm, "<i2").astype(float) for pcm in (said, heard))
    one, other = one - one.mean(), other - other.mean()
    if len(other) < len(one) // 2:
        return 0.0
    size = 1 << (len(one) + len(other)).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(other, size) * np.conj(np.fft.rfft(one, size)), size)
    return float(correlation.max() / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-9))
