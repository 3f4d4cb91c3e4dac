from __future__ import annotations

import numpy as np
import pytest

from calls.audio.doubling import Doubler
from calls.audio.levels import samples_of


@pytest.mark.parametrize("hz", [200, 1000, 3000])
def test_a_tone_stays_the_tone_it_was(hz):
    doubler = Doubler()
    tone = (10000 * np.sin(2 * np.pi * hz * np.arange(1600) / 8000)).astype("<i2").tobytes()

    out = samples_of(b"".join(doubler.push(tone[at : at + 320]) for at in range(0, len(tone), 320)))

    assert len(out) == 3200
    spectrum = np.abs(np.fft.rfft(out[400:3000] * np.hanning(2600)))
    peak = int(spectrum.argmax())
    assert abs(peak * 16000 / 2600 - hz) < 10
    beside = np.delete(spectrum, range(max(0, peak - 5), peak + 6))
    assert beside.max() < spectrum[peak] / 300


def test_every_piece_comes_out_at_once():
    assert len(Doubler().push(bytes(320))) == 640
