"""G.711, the sound of the telephone: μ-law and A-law by table, as ITU-T G.711 has them."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

# μ-law counts in fourteen bits. The bias lets every segment begin at a power of two.
_MU_BIAS: Final = 33
_MU_LARGEST: Final = 0x1FFF


def ulaw_encode(pcm: bytes) -> bytes:
    """PCM16 to μ-law, a byte a sample."""
    return _ULAW_OF[_as_index(pcm)].tobytes()


def ulaw_decode(ulaw: bytes) -> bytes:
    return _PCM_OF_ULAW[np.frombuffer(ulaw, dtype=np.uint8)].tobytes()


def alaw_encode(pcm: bytes) -> bytes:
    """PCM16 to A-law, a byte a sample."""
    return _ALAW_OF[_as_index(pcm)].tobytes()


def alaw_decode(alaw: bytes) -> bytes:
    return _PCM_OF_ALAW[np.frombuffer(alaw, dtype=np.uint8)].tobytes()


def _as_index(pcm: bytes) -> npt.NDArray[np.uint16]:
    # A negative sample, read as unsigned, is the index of the table's upper half.
    return np.frombuffer(pcm, dtype="<u2")


def _every_sample() -> npt.NDArray[np.int32]:
    """All 65,536 samples in the order of their unsigned reading: 0 .. 32767, -32768 .. -1."""
    return np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)


def _segment(magnitude: npt.NDArray[np.int32], lowest_bit: int) -> npt.NDArray[np.int32]:
    """The number of the highest bit set, counted from `lowest_bit`, 0 to 7."""
    bits = np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32)
    return np.clip(bits - lowest_bit, 0, 7)


def _magnitude(pcm: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    # Negative values are counted from -1, so that there are as many of either sign.
    return np.where(pcm < 0, ~pcm, pcm)


def _ulaw_table() -> npt.NDArray[np.uint8]:
    pcm = _every_sample()
    magnitude = np.minimum((_magnitude(pcm) >> 2) + _MU_BIAS, _MU_LARGEST)
    segment = _segment(magnitude, 5)
    mantissa = (magnitude >> (segment + 1)) & 0x0F
    sign = np.where(pcm < 0, 0x80, 0)
    # On the line all bits are inverted, so that silence is not a row of zeros.
    code = ~(sign | (segment << 4) | mantissa) & 0xFF
    return np.asarray(code, dtype=np.uint8)


def _ulaw_values() -> npt.NDArray[np.int16]:
    code = ~np.arange(256) & 0xFF
    segment = (code >> 4) & 0x07
    magnitude = (((((code & 0x0F) << 1) + _MU_BIAS) << segment) - _MU_BIAS) << 2
    return np.where(code & 0x80, -magnitude, magnitude).astype("<i2")


def _alaw_table() -> npt.NDArray[np.uint8]:
    pcm = _every_sample()
    # A-law counts in thirteen bits, one of them the sign.
    magnitude = _magnitude(pcm) >> 4
    segment = _segment(magnitude, 3)
    mantissa = np.where(segment < 2, magnitude, magnitude >> np.maximum(segment - 1, 0)) & 0x0F
    sign = np.where(pcm >= 0, 0x80, 0)
    # Every other bit is inverted on the line.
    return np.asarray((sign | (segment << 4) | mantissa) ^ 0x55, dtype=np.uint8)


def _alaw_values() -> npt.NDArray[np.int16]:
    code = np.arange(256) ^ 0x55
    segment = (code >> 4) & 0x07
    mantissa = (code & 0x0F) << 4
    magnitude = np.where(segment == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype("<i2")


_ULAW_OF: Final = _ulaw_table()
_PCM_OF_ULAW: Final = _ulaw_values()
_ALAW_OF: Final = _alaw_table()
_PCM_OF_ALAW: Final = _alaw_values()
