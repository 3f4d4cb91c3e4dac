"""The sound of a SIP call at the telephone's rate, whatever codec was agreed on: G.722 and Opus run faster, and Opus on two channels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from baresip.audio import CallAudio
from baresip.errors import AudioNotActive, AudioRestarted

from calls.audio.framing import TELEPHONE_RATE, Framer, frame_bytes
from calls.audio.levels import samples_of
from calls.audio.resample import StreamResampler

# As the stack names them, in the order in which they are liked: what runs at the leg's own rate comes first.
CODECS: Final = ("pcmu", "pcma", "G722/16000", "opus/48000/2")

# Read at once, so that what piled up is gone within a few ticks.
MOST_FRAMES: Final = 10


@dataclass(frozen=True)
class _Way:
    """One direction, while its codec stays the same."""

    rate: int
    channels: int
    resampler: StreamResampler

    @classmethod
    def out(cls, rate: int, channels: int) -> Self:
        return cls(rate, channels, StreamResampler(from_rate=TELEPHONE_RATE, to_rate=rate))

    @classmethod
    def back(cls, rate: int, channels: int) -> Self:
        return cls(rate, channels, StreamResampler(from_rate=rate, to_rate=TELEPHONE_RATE))

    @property
    def frame_bytes(self) -> int:
        return frame_bytes(self.rate) * self.channels

    def widened(self, frame: bytes) -> bytes:
        sound = self.resampler.push(frame)
        return sound if self.channels == 1 else np.repeat(samples_of(sound), self.channels).tobytes()

    def narrowed(self, sound: bytes) -> bytes:
        if self.channels > 1:
            sound = samples_of(sound).reshape(-1, self.channels).mean(axis=1).astype("<i2").tobytes()
        return self.resampler.push(sound)


class CallSound:
    """Frames of 20 ms, PCM16 mono at 8 kHz, to and from a call of the stack.

    All raise AudioNotActive while the call has no sound, and AudioRestarted once when it was agreed on anew.
    """

    def __init__(self, audio: CallAudio) -> None:
        self._audio = audio
        self._out: _Way | None = None
        self._back: _Way | None = None
        self._framer = Framer(TELEPHONE_RATE)

    def write(self, frames: bytes) -> None:
        """Queue whole frames; while the far end takes none, they are lost."""
        with self._watched():
            if (way := self._way_out()) is not None:
                self._audio.write(way.widened(frames))

    def read(self) -> list[bytes]:
        """The frames that came since the last look."""
        with self._watched():
            if (way := self._way_back()) is None:
                return []
            return list(self._framer.push(way.narrowed(self._audio.read(MOST_FRAMES * way.frame_bytes))))

    def waiting(self) -> int:
        """How many frames are written and not sent yet."""
        with self._watched():
            way = self._way_out()
            return 0 if way is None else int(self._audio.stats().tx_buffered) // way.frame_bytes

    def flush(self) -> int:
        """Drop what is not sent yet; gives how many frames that were."""
        waiting = self.waiting()
        with self._watched():
            self._audio.flush_tx()
        return waiting

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Look again how the sound goes once it goes otherwise, or not at all."""
        try:
            yield
        except (AudioNotActive, AudioRestarted):
            self._out = self._back = None
            raise

    def _way_out(self) -> _Way | None:
        if self._out is None:
            info = self._audio.info()
            if info.tx_ready:
                self._out = _Way.out(info.tx_sample_rate, info.tx_channels)
        return self._out

    def _way_back(self) -> _Way | None:
        if self._back is None:
            info = self._audio.info()
            if info.rx_ready:
                self._back = _Way.back(info.rx_sample_rate, info.rx_channels)
        return self._back
