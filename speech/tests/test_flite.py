# SPDX-License-Identifier: GPL-3.0-or-later
"""flite's voices, with a stand-in for the program that notes how it was called."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from speech.voices import Flite, Piece


@pytest.fixture
def calls(tmp_path, monkeypatch):
    spoken = io.BytesIO()
    with wave.open(spoken, "wb") as wav:
        wav.setparams((1, 2, 16000, 0, "NONE", ""))
        wav.writeframes(np.arange(100, dtype="<i2").tobytes())
    (tmp_path / "spoken.wav").write_bytes(spoken.getvalue())
    program = tmp_path / "flite"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/calls\nexec cat {tmp_path}/spoken.wav\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path / "calls"


def test_gives_back_what_flite_said(calls):
    samples = Flite(voice="slt", gender="female").speak(Piece("-o Hello; $(id)", pause=0), length_scale=1.2)

    assert samples.tolist() == list(range(100))
    assert calls.read_text().split("\n")[:-1] == [
        *("-voice", "slt", "--setf", "duration_stretch=1.2"),
        *("-t", "-o Hello; $(id)", "-o", "/dev/stdout"),
    ]


def test_is_known_by_its_own_name():
    voice = Flite(voice="slt", gender="female")

    assert (voice.name, voice.engine, voice.rate) == ("flite-slt", "flite", 16000)
    assert voice.pieces("It costs $5.") == [Piece("It costs 5 dollars.", pause=0)]
