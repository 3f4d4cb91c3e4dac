"""Levels, resampling and the energy VAD, on tones and noise of known loudness."""

from __future__ import annotations

import numpy as np
import pytest

from calls.audio.framing import frames_of
from calls.audio.levels import FLOOR_DBFS, dbfs, from_dbfs
from calls.audio.resample import StreamResampler, resample
from calls.audio.vad import EnergyVad

RATE = 8000


def tone(level: float, seconds: float, *, rate: int = RATE, pitch: float = 440) -> bytes:
    at = np.arange(int(seconds * rate)) / rate
    return (from_dbfs(level) * 2**0.5 * np.sin(2 * np.pi * pitch * at)).astype("<i2").tobytes()


def noise(level: float, seconds: float) -> bytes:
    return np.random.default_rng(7).normal(0, from_dbfs(level), int(seconds * RATE)).astype("<i2").tobytes()


def test_tells_the_level_of_a_tone():
    assert dbfs(tone(-20, 1)) == pytest.approx(-20, abs=0.1)


def test_silence_is_the_floor():
    assert dbfs(bytes(320)) == FLOOR_DBFS
    assert dbfs(b"") == FLOOR_DBFS


def test_resamples_without_changing_the_level():
    slow = resample(tone(-20, 1, rate=16000), from_rate=16000, to_rate=8000)

    assert len(slow) == 16000
    assert dbfs(slow) == pytest.approx(-20, abs=0.2)


def test_a_stream_of_pieces_has_no_seams():
    audio = tone(-10, 1, rate=16000)
    stream = StreamResampler(from_rate=16000, to_rate=8000)

    out = b"".join(stream.push(frame) for frame in frames_of(audio, 16000)) + stream.finish()

    assert len(out) == 16000
    steps = np.abs(np.diff(np.frombuffer(out, dtype="<i2").astype(int)[200:-200]))
    assert steps.max() < from_dbfs(-10) * 2**0.5 * 2 * np.pi * 440 / RATE * 1.05


def test_the_same_rate_passes_through():
    stream = StreamResampler(from_rate=8000, to_rate=8000)

    assert stream.push(b"ab") == b"ab"
    assert stream.finish() == b""


@pytest.mark.parametrize("line_noise", [-75, -60, -45])
def test_hears_speech_above_the_noise_of_the_line(line_noise):
    vad = EnergyVad()
    for frame in frames_of(noise(line_noise, 2), RATE):
        vad.hear(frame)
    assert not vad.speaking

    for frame in frames_of(tone(-22, 0.2), RATE):
        vad.hear(frame)

    assert vad.speaking
    assert vad.silence_seconds == 0


def test_counts_the_silence_after_speech():
    vad = EnergyVad()
    for frame in frames_of(tone(-22, 1) + noise(-60, 0.8), RATE):
        vad.hear(frame)

    assert not vad.speaking
    assert vad.silence_seconds == pytest.approx(0.8, abs=0.001)


def test_a_click_is_no_speech():
    vad = EnergyVad()
    for frame in frames_of(noise(-60, 0.5) + tone(-10, 0.04), RATE):
        vad.hear(frame)

    assert not vad.speaking


def test_long_speech_does_not_become_the_noise():
    vad = EnergyVad()

    words = (tone(-22, 1.5) + noise(-60, 0.1)) * 20
    for frame in frames_of(words + tone(-22, 0.1), RATE):
        vad.hear(frame)

    assert vad.speaking
