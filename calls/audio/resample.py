"""Changing the sample rate, of a whole or of a stream."""

from __future__ import annotations

import numpy as np
import soxr

from calls.audio.levels import samples_of


def resample(audio: bytes, *, from_rate: int, to_rate: int) -> bytes:
    """All of `audio`, PCM16 mono, at another rate."""
    if from_rate == to_rate or not audio:
        return audio

    return np.asarray(soxr.resample(samples_of(audio), from_rate, to_rate, quality="HQ"), dtype="<i2").tobytes()


class StreamResampler:
    """Resamples audio that comes piece by piece, with no seam between the pieces.

    What comes out lags what went in by the filter's length (some 10 ms); `finish` gives the rest.
    """

    def __init__(self, *, from_rate: int, to_rate: int) -> None:
        self._same = from_rate == to_rate
        self._stream = soxr.ResampleStream(from_rate, to_rate, 1, dtype="int16", quality="MQ")

    def push(self, audio: bytes) -> bytes:
        return self._chunk(audio, last=False)

    def finish(self) -> bytes:
        """What is still inside. The stream takes nothing more after it."""
        return self._chunk(b"", last=True)

    def _chunk(self, audio: bytes, *, last: bool) -> bytes:
        if self._same:
            return audio
        return np.asarray(self._stream.resample_chunk(samples_of(audio), last=last), dtype="<i2").tobytes()
