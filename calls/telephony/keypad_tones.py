"""The tones of a keypad as sound, for connections that have no other way to send digits."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from calls.audio.framing import FRAMES_PER_SECOND, TELEPHONE_RATE, frames_of, silent_frame

# ITU-T Q.23: a row's tone and a column's. Q.24 asks for 40 ms of each at least.
_ROWS: Final = (697, 770, 852, 941)
_COLUMNS: Final = (1209, 1336, 1477, 1633)
_KEYS: Final = ("123A", "456B", "789C", "*0#D")
_TONE_FRAMES: Final = FRAMES_PER_SECOND // 10
_PAUSE_FRAMES: Final = FRAMES_PER_SECOND // 10
_LEVEL: Final = 6000


def tones(digits: str) -> list[bytes]:
    """Frames of 20 ms at 8 kHz: each digit, and a pause after it. What is on no keypad is left out."""
    return [frame for digit in digits.upper() for frame in _tone(digit)]


@cache
def _tone(digit: str) -> tuple[bytes, ...]:
    for row, keys in zip(_ROWS, _KEYS, strict=True):
        if digit in keys:
            column = _COLUMNS[keys.index(digit)]
            at = np.arange(TELEPHONE_RATE * _TONE_FRAMES // FRAMES_PER_SECOND) / TELEPHONE_RATE
            wave = _LEVEL * (np.sin(2 * np.pi * row * at) + np.sin(2 * np.pi * column * at))
            sound = frames_of(wave.astype("<i2").tobytes(), TELEPHONE_RATE)
            return (*sound, *[silent_frame(TELEPHONE_RATE)] * _PAUSE_FRAMES)
    return ()
