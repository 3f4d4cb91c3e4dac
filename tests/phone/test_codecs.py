"""The sound of each codec, both ways, against Debian's baresip."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from calls.audio.framing import TELEPHONE_RATE, frames_of
from tests.phone.caller import Caller, a_phone, leg_to, talk
from tests.phone.test_secrecy import THEIR_HERTZ, certificate, their_baresip

pytestmark = pytest.mark.system

OURS = 1000.0


def loudest(sound: bytes, rate: int) -> float:
    """The pitch of the loudest tone."""
    samples = np.frombuffer(sound, "<i2").astype(float)
    return float(np.argmax(np.abs(np.fft.rfft(samples * np.hanning(len(samples))))) * rate / len(samples))


def heard_by_them(folder: Path) -> tuple[npt.NDArray[np.int16], int]:
    """One channel of what they heard, and its rate."""
    (path,) = folder.glob("dump-*-dec.wav")
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return samples[:: file.getnchannels()], file.getframerate()


@pytest.mark.parametrize(("codec", "module"), [("PCMA/8000", "g711"), ("G722/16000", "g722"), ("opus/48000/2", "opus")])
async def test_sound_of(codec: str, module: str, tmp_path: Path) -> None:
    certificate(tmp_path)
    caller = Caller()
    tone = (6000 * np.sin(2 * np.pi * OURS * np.arange(TELEPHONE_RATE * 3) / TELEPHONE_RATE)).astype("<i2").tobytes()
    modules = f"module {module}.so\nausrc_srate 8000\nausrc_channels 1\nmodule sndfile.so\nsnd_path {tmp_path}\n"
    async with (
        their_baresip(tmp_path, account=f"mediaenc=;audio_codecs={codec}", more=modules) as port,
        a_phone() as phone,
        asyncio.timeout(30),
    ):
        leg = leg_to(port, phone, caller)
        await leg.dial()
        await caller.is_answered.wait()
        await talk(leg, frames_of(tone, TELEPHONE_RATE), then_silence=10)
        await leg.hang_up()

    # Three seconds of it, without a gap.
    assert 2.6 <= len(caller.sound) / 2 / TELEPHONE_RATE <= 3.6
    assert loudest(caller.sound[TELEPHONE_RATE * 2 :], TELEPHONE_RATE) == pytest.approx(THEIR_HERTZ, abs=5)
    heard, rate = heard_by_them(tmp_path)
    assert loudest(heard[rate // 2 : rate * 2].tobytes(), rate) == pytest.approx(OURS, abs=5)
