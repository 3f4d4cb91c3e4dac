"""How loud audio is."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

FULL_SCALE: Final = 32768.0
# What digital silence is called, since its logarithm has no end.
FLOOR_DBFS: Final = -96.0


def samples_of(audio: bytes) -> npt.NDArray[np.int16]:
    """PCM16 bytes as samples, without a copy: read-only."""
    return np.frombuffer(audio, dtype="<i2")


def rms(audio: bytes) -> float:
    """Root mean square, 0 to 32768."""
    samples = samples_of(audio)
    if samples.size == 0:
        return 0.0

    wide = samples.astype(np.float32)
    return math.sqrt(float(np.dot(wide, wide)) / samples.size)


def dbfs(audio: bytes) -> float:
    """Level relative to full scale: 0 is the loudest there is, FLOOR_DBFS is silence."""
    return to_dbfs(rms(audio))


def to_dbfs(amplitude: float) -> float:
    if amplitude <= 0:
        return FLOOR_DBFS
    return max(FLOOR_DBFS, 20 * math.log10(amplitude / FULL_SCALE))


def from_dbfs(level: float) -> float:
    return float(FULL_SCALE * 10 ** (level / 20))
