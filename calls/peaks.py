"""How loud a recording is over its length: what a player draws before any sound is fetched."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Final

import numpy as np

POINTS: Final = 1200
_FULL_SCALE: Final = 32768


def peaks_of(path: Path, *, points: int = POINTS) -> list[list[float]]:
    """For each channel of a 16-bit WAV the loudest sample of each of `points` parts, from 0 to 1.

    Raises FileNotFoundError, and ValueError where this is no such file.
    """
    try:
        with wave.open(str(path), "rb") as recording:
            if recording.getsampwidth() != 2:
                raise ValueError("not 16-bit PCM")
            channels, frames = recording.getnchannels(), recording.getnframes()
            each = max(1, -(-frames // points))
            loudest = []
            while block := recording.readframes(each):
                samples = np.frombuffer(block, dtype="<i2").reshape(-1, channels).astype(np.int32)
                loudest.append(np.abs(samples).max(axis=0) / _FULL_SCALE)
    except (wave.Error, EOFError) as error:
        raise ValueError("not a WAV file") from error
    return [[round(float(part[channel]), 3) for part in loudest] for channel in range(channels)]
