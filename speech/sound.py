# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to a voice's raw samples before they leave: pitch, rate, and silence cut off at both ends."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

Samples = npt.NDArray[np.int16]

# Below this a sample counts as silence: 1 % of full scale, under the quietest consonant of the voices and above their hiss.
SILENCE: Final = 330
LEAD_SECONDS: Final = 0.010
TAIL_SECONDS: Final = 0.060


def trim(samples: Samples, rate: int) -> Samples:
    """Cut the silence at both ends down to a breath, so that nobody waits for a voice that has not begun."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > SILENCE)
    if loud.size == 0:
        return samples[:0]

    first = max(0, int(loud[0]) - int(LEAD_SECONDS * rate))
    last = min(len(samples), int(loud[-1]) + int(TAIL_SECONDS * rate))
    return samples[first:last]


def convert(samples: Samples, *, made_at: int, pitch: float, rate: int) -> Samples:
    """Bring samples to `rate`. A pitch above 1 plays them faster: the voice rises, and its tempo with it."""
    played_at = made_at * pitch
    if played_at == rate:
        return samples

    return np.asarray(soxr.resample(samples, played_at, rate, quality="HQ"), dtype=np.int16)


def silence(seconds: float, rate: int) -> bytes:
    return bytes(2 * int(seconds * rate))
