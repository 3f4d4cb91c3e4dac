from __future__ import annotations

import numpy as np
import pytest

from calls.audio.framing import frames_of, silent_frame
from calls.audio.g711 import ulaw_decode, ulaw_encode
from calls.audio.levels import dbfs
from calls.telephony.sandbox_line import TelephoneLine

RATE = 8000


def test_silence_comes_out_as_hiss():
    line = TelephoneLine(seed=1)

    heard = b"".join(line.carry(silent_frame(RATE)) for _ in range(500))

    assert dbfs(heard) == pytest.approx(-60, abs=0.5)


def test_speech_comes_out_as_mu_law_has_it():
    tone = (6000 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype("<i2").tobytes()
    line = TelephoneLine(seed=1)

    heard = b"".join(line.carry(frame) for frame in frames_of(tone, RATE))

    assert ulaw_decode(ulaw_encode(heard)) == heard
    assert np.corrcoef(np.frombuffer(tone, "<i2"), np.frombuffer(heard, "<i2"))[0, 1] > 0.999


def test_full_scale_does_not_wrap_around():
    loud = np.full(160, 32767, dtype="<i2").tobytes()

    heard = np.frombuffer(TelephoneLine(seed=1).carry(loud), "<i2")

    assert heard.min() > 30000


def test_the_same_call_hisses_the_same():
    assert TelephoneLine(seed=5).carry(silent_frame(RATE)) == TelephoneLine(seed=5).carry(silent_frame(RATE))
