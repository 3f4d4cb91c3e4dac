"""What a caller hears who waits for somebody: four soft chords, over and over. Made here, so that nobody holds rights in it."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from calls.audio.framing import frames_of
from calls.audio.levels import from_dbfs

LEVEL_DBFS: Final = -30.0
CHORD_SECONDS: Final = 4
# Each note comes a little after the one below it, and fades.
STRUM_SECONDS: Final = 0.45
FADE_SECONDS: Final = 1.8
RISE_SECONDS: Final = 0.06
# Of each note, how loud its overtones are.
OVERTONES: Final = (1.0, 0.25, 0.08)
# In hertz, within what a telephone carries: C, A minor, F, G, all with a seventh or a sixth.
CHORDS: Final = (
    (261.63, 329.63, 392.00, 493.88),
    (220.00 * 2, 261.63, 329.63, 392.00),
    (349.23, 261.63, 329.63, 440.00),
    (392.00, 293.66, 329.63, 493.88),
)


@cache
def hold_music(rate: int) -> tuple[bytes, ...]:
    """One round of it, in frames; its end leads to its beginning."""
    length = CHORD_SECONDS * rate
    whole = np.zeros(length * len(CHORDS))
    for place, chord in enumerate(CHORDS):
        for number, hertz in enumerate(chord):
            begin = place * length + int(number * STRUM_SECONDS * rate)
            note = _note(hertz, rate)
            # What rings on past the end is heard at the beginning.
            at = (begin + np.arange(note.size)) % whole.size
            np.add.at(whole, at, note)
    whole *= from_dbfs(LEVEL_DBFS) / np.sqrt(np.mean(whole**2))
    return tuple(frames_of(whole.astype("<i2").tobytes(), rate))


def _note(hertz: float, rate: int) -> npt.NDArray[np.float64]:
    at = np.arange(int(CHORD_SECONDS * rate)) / rate
    tone = sum(loud * np.sin(2 * np.pi * hertz * (n + 1) * at) for n, loud in enumerate(OVERTONES))
    shape = np.minimum(at / RISE_SECONDS, 1) * np.exp(-at / FADE_SECONDS)
    # To nothing at its end, without a click.
    shape *= np.minimum((CHORD_SECONDS - at) / RISE_SECONDS, 1)
    found: npt.NDArray[np.float64] = tone * shape
    return found
