"""A telephone line without a telephone: what goes in comes out as a telephone would give it."""

from __future__ import annotations

from typing import Final

import numpy as np

from calls.audio.framing import TELEPHONE_RATE
from calls.audio.g711 import ulaw_decode, ulaw_encode
from calls.audio.levels import from_dbfs, samples_of

NOISE_DBFS: Final = -60.0
# The hiss repeats after this long, which nobody hears.
NOISE_SECONDS: Final = 3


class TelephoneLine:
    """One direction of a line: some hiss, and μ-law's rough steps. 8 kHz PCM16 in and out, a frame at a time."""

    def __init__(self, *, seed: int, noise_dbfs: float = NOISE_DBFS) -> None:
        noise = np.random.default_rng(seed).normal(0, from_dbfs(noise_dbfs), NOISE_SECONDS * TELEPHONE_RATE)
        self._noise = noise.astype(np.int32)
        self._at = 0

    def carry(self, frame: bytes) -> bytes:
        samples = samples_of(frame)
        if self._at + samples.size > self._noise.size:
            self._at = 0
        noisy = samples + self._noise[self._at : self._at + samples.size]
        self._at += samples.size
        return ulaw_decode(ulaw_encode(np.clip(noisy, -32768, 32767).astype("<i2").tobytes()))
