"""Frames: all audio between a leg and its conversation is PCM16 mono, little-endian, 20 ms at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

FRAME_MS: Final = 20
FRAME_SECONDS: Final = FRAME_MS / 1000
FRAMES_PER_SECOND: Final = 1000 // FRAME_MS
TELEPHONE_RATE: Final = 8000
BYTES_PER_SAMPLE: Final = 2


def frame_samples(rate: int) -> int:
    return rate * FRAME_MS // 1000


def frame_bytes(rate: int) -> int:
    return frame_samples(rate) * BYTES_PER_SAMPLE


def silent_frame(rate: int) -> bytes:
    return bytes(frame_bytes(rate))


class Framer:
    """Cuts audio that comes in pieces of any size, odd ones too, into whole frames. It keeps the rest for the next piece."""

    def __init__(self, rate: int) -> None:
        self._size = frame_bytes(rate)
        self._rest = bytearray()

    def push(self, audio: bytes) -> Iterator[bytes]:
        """The frames that are now whole. What is not consumed stays for the next call."""
        self._rest += audio
        while len(self._rest) >= self._size:
            frame = bytes(self._rest[: self._size])
            del self._rest[: self._size]
            yield frame

    def flush(self) -> bytes | None:
        """The last frame, filled up with silence; None where nothing is left."""
        if not self._rest:
            return None

        frame = bytes(self._rest).ljust(self._size, b"\0")
        self._rest.clear()
        return frame

    def clear(self) -> None:
        self._rest.clear()


def frames_of(audio: bytes, rate: int) -> list[bytes]:
    """All of `audio` in frames, the last one filled up with silence."""
    framer = Framer(rate)
    frames = list(framer.push(audio))
    last = framer.flush()
    return frames if last is None else [*frames, last]
