"""WAV files: a recording that grows while the call lasts, and reading one back."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from calls.audio.framing import BYTES_PER_SAMPLE
from calls.audio.levels import samples_of

HEADER_BYTES: Final = 44
# The header counts bytes in 32 bits, and itself with them.
MAX_DATA_BYTES: Final = 0xFFFFFFFF - HEADER_BYTES
# How far into a file the audio may begin; other programs put titles and pictures before it.
MAX_HEAD_BYTES: Final = 256 * 1024


class BadWav(Exception):
    """Not a PCM16 WAV file."""


class StereoWavWriter:
    """Writes caller and agent side by side, frame by frame.

    The header is brought up to date every `sync_seconds`; whoever dies in between leaves a file that `read_wav` and
    `repair_wav` still understand in full.
    """

    def __init__(self, path: Path, *, rate: int, sync_seconds: float = 5.0) -> None:
        self.path = path
        self.rate = rate
        self.frames = 0
        self._bytes_a_frame = 2 * BYTES_PER_SAMPLE
        self._sync_every = round(sync_seconds * rate)
        self._synced = 0
        self._file: BufferedRandom = path.open("w+b")
        self._file.write(_header(rate=rate, channels=2, data_bytes=0))
        self._file.flush()

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    def write(self, caller: bytes, agent: bytes) -> None:
        """Append what both said at the same time. The shorter is filled up with silence; past 4 GB nothing is written."""
        count = max(len(caller), len(agent)) // BYTES_PER_SAMPLE
        if (self.frames + count) * self._bytes_a_frame > MAX_DATA_BYTES:
            return

        stereo = np.zeros((count, 2), dtype="<i2")
        stereo[: len(caller) // BYTES_PER_SAMPLE, 0] = samples_of(caller)
        stereo[: len(agent) // BYTES_PER_SAMPLE, 1] = samples_of(agent)
        self._file.write(stereo.tobytes())
        self.frames += count
        if self.frames - self._synced >= self._sync_every:
            self._write_header()

    def close(self) -> None:
        """Complete the header and close the file. Safe to repeat."""
        if self._file.closed:
            return

        self._write_header()
        self._file.close()

    def _write_header(self) -> None:
        self._file.seek(0)
        self._file.write(_header(rate=self.rate, channels=2, data_bytes=self.frames * self._bytes_a_frame))
        self._file.seek(0, 2)
        self._file.flush()
        self._synced = self.frames


@dataclass(frozen=True)
class WavInfo:
    rate: int
    channels: int
    frames: int
    data_offset: int

    @property
    def seconds(self) -> float:
        return self.frames / self.rate


def wav_info(path: Path) -> WavInfo:
    """What the file holds. Data beyond what its header admits, as a crash leaves it, counts. Raises BadWav."""
    size = path.stat().st_size
    with path.open("rb") as file:
        return _parse(file.read(MAX_HEAD_BYTES), size)


def read_wav(path: Path) -> tuple[npt.NDArray[np.int16], int]:
    """Samples as (frames, channels), and their rate. Raises BadWav."""
    info = wav_info(path)
    with path.open("rb") as file:
        file.seek(info.data_offset)
        data = file.read(info.frames * info.channels * BYTES_PER_SAMPLE)
    return np.frombuffer(data, dtype="<i2").astype(np.int16).reshape(-1, info.channels), info.rate


def repair_wav(path: Path) -> WavInfo:
    """Make the header of a file whose writer died tell of all its data. Raises BadWav."""
    info = wav_info(path)
    data_bytes = info.frames * info.channels * BYTES_PER_SAMPLE
    with path.open("r+b") as file:
        file.seek(4)
        file.write(struct.pack("<I", info.data_offset - 8 + data_bytes))
        file.seek(info.data_offset - 4)
        file.write(struct.pack("<I", data_bytes))
        file.truncate(info.data_offset + data_bytes)
    return info


def wav_bytes(pcm: bytes, *, rate: int, channels: int = 1) -> bytes:
    """PCM16 as a whole WAV file."""
    return _header(rate=rate, channels=channels, data_bytes=len(pcm)) + pcm


def _header(*, rate: int, channels: int, data_bytes: int) -> bytes:
    width = channels * BYTES_PER_SAMPLE
    riff = struct.pack("<4sI4s", b"RIFF", HEADER_BYTES - 8 + data_bytes, b"WAVE")
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * width, width, 16)
    return riff + form + struct.pack("<4sI", b"data", data_bytes)


def _parse(start: bytes, size: int) -> WavInfo:
    if start[:4] != b"RIFF" or start[8:12] != b"WAVE":
        raise BadWav("no RIFF/WAVE header")

    rate = channels = 0
    offset = 12
    while offset + 8 <= len(start):
        name, length = struct.unpack_from("<4sI", start, offset)
        body = offset + 8
        if name == b"fmt " and body + 16 <= len(start):
            kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", start, body)
            if kind not in (1, 0xFFFE) or bits != 16 or channels == 0 or rate == 0:
                raise BadWav("not PCM16")
        elif name == b"data" and channels:
            width = channels * BYTES_PER_SAMPLE
            return WavInfo(rate=rate, channels=channels, frames=(size - body) // width, data_offset=body)
        offset = body + length + length % 2
    raise BadWav("no audio in it")
