"""Strangers send to the port of a live call's sound, and the call is as it was."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import pytest

from ops.strangers import PACKETS, ports_of_sound, sending
from tests.phone import sipp
from tests.phone.caller import Caller, a_phone, leg_to, talk

pytestmark = pytest.mark.system

FIRST, LAST = 31_000, 31_199
SECONDS = 0.4
TONE = [
    b"".join(struct.pack("<h", int(8_000 * math.sin(2 * math.pi * 500 * at / 8_000))) for at in range(n, n + 160))
    for n in range(0, 8_000, 160)
]


def strength(sound: bytes, hertz: float) -> float:
    """How much of this pitch is in the sound, for each of its samples."""
    samples = struct.unpack(f"<{len(sound) // 2}h", sound)
    turn = 2 * math.pi * hertz / 8_000
    along = sum(sample * math.cos(turn * at) for at, sample in enumerate(samples))
    across = sum(sample * math.sin(turn * at) for at, sample in enumerate(samples))
    return math.hypot(along, across) / max(1, len(samples))


async def test_strangers_are_not_heard(tmp_path: Path) -> None:
    """What the caller says comes back from SIPp, whole and alone, and nobody presses a key."""
    caller = Caller()
    async with (
        sipp.sipp(tmp_path, sipp.answers(), echoes=True) as port,
        a_phone(rtp_ports=f"{FIRST}-{LAST}") as phone,
    ):
        leg = leg_to(port, phone, caller)
        await leg.dial()
        await caller.is_answered.wait()
        await talk(leg, TONE)
        ports = ports_of_sound(FIRST, LAST)
        frames = TONE[: int(SECONDS * 50)]
        for what, packet in PACKETS.items():
            before = len(caller.sound)
            async with sending(ports, packet, rate=200):
                await talk(leg, frames)
            heard = caller.sound[before:]

            assert len(heard) > 0.5 * 320 * len(frames), what
            assert strength(heard, 500) > 10 * strength(heard, 1_200), what
        await leg.hang_up()

    assert len(ports) == 2
    assert caller.digits == ""
