# SPDX-License-Identifier: GPL-3.0-or-later
"""The program as it is run, with its real voice: one start for all tests here."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def speech(tmp_path_factory) -> Iterator[int]:
    ready = tmp_path_factory.mktemp("speech") / "ready"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "speech", "--port", str(port)], cwd=ROOT, env={**os.environ, "VA_READY_FILE": str(ready)}
    )
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def synthesize(port: int, **wish: object) -> np.ndarray:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("POST", "/synthesize", json.dumps(wish))
        response = connection.getresponse()
        assert response.status == 200
        return np.frombuffer(response.read(), dtype="<i2")


def voice_pitch(audio: np.ndarray, rate: int) -> float:
    """The strongest period between 70 and 300 Hz over the whole of the speech."""
    spectrum = np.abs(np.fft.rfft(audio * 1.0, 2 * len(audio))) ** 2
    echo = np.fft.irfft(spectrum)
    shortest, longest = rate // 300, rate // 70
    return rate / (shortest + int(np.argmax(echo[shortest:longest])))


def test_speaks_at_once_and_stops_soon_after_its_last_sound(speech):
    audio = synthesize(speech, text="We are open on Saturday.", rate=8000)

    loud = np.flatnonzero(np.abs(audio.astype(int)) > 330)
    assert 1.0 < len(audio) / 8000 < 3.0
    assert loud[0] < 0.03 * 8000
    assert len(audio) - loud[-1] < 0.15 * 8000
    assert np.abs(audio.astype(int)).max() < 30000


def test_a_raised_voice_is_another_one_at_the_same_tempo(speech):
    # Piper draws the length of each sound anew: over many sounds that evens out.
    text = "I would like to know where you are on Monday morning. Then we will see how we can go on from there. " * 2

    low = synthesize(speech, text=text, rate=16000)
    high = synthesize(speech, text=text, rate=16000, pitch=1.25)

    assert len(high) / len(low) == pytest.approx(1, abs=0.15)
    assert voice_pitch(high, 16000) > 1.12 * voice_pitch(low, 16000)


def test_a_long_sentence_is_spoken_whole(speech):
    clause = "We are open from nine in the morning until five in the afternoon"

    one = synthesize(speech, text=f"{clause}.", rate=8000)
    both = synthesize(speech, text=f"{clause}, and on Saturday {clause.lower()}.", rate=8000)

    assert len(both) > 1.9 * len(one)
