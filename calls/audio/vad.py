"""A voice activity detector by energy: cheap enough for every frame of every call, good enough for a clean telephone line."""

from __future__ import annotations

from typing import Final

from calls.audio.framing import FRAME_SECONDS
from calls.audio.levels import dbfs

# Speech stands this far above the line's noise, and is never fainter than this.
ABOVE_NOISE_DB: Final = 12.0
FAINTEST_SPEECH_DBFS: Final = -50.0
# The estimate of the noise falls quickly to a quieter line, and rises slowly, so that speech does not lift it.
FALL: Final = 0.3
RISE_DB_PER_FRAME: Final = 0.02
# The first frame sets the estimate, unless somebody speaks already.
LOUDEST_NOISE_DBFS: Final = -40.0
# Longer than the pauses inside a word, shorter than one between two.
ONSET_SECONDS: Final = 0.06


class EnergyVad:
    """Fed one 20 ms frame after another, it tells whether somebody speaks, and for how long there has been silence."""

    def __init__(self, *, onset_seconds: float = ONSET_SECONDS) -> None:
        self._onset = round(onset_seconds / FRAME_SECONDS)
        self._noise: float | None = None
        self._loud_frames = 0
        self._quiet_frames = 0
        self.speaking = False

    @property
    def silence_seconds(self) -> float:
        """How long nothing was loud, from the last loud frame on."""
        return self._quiet_frames * FRAME_SECONDS

    def hear(self, frame: bytes) -> bool:
        """Whether this frame is loud. `speaking` follows once frames stay loud, and ends with the first quiet one."""
        level = dbfs(frame)
        noise = min(level, LOUDEST_NOISE_DBFS) if self._noise is None else self._noise
        loud = level > max(FAINTEST_SPEECH_DBFS, noise + ABOVE_NOISE_DB)
        self._noise = noise + (level - noise) * FALL if level < noise else noise + RISE_DB_PER_FRAME

        self._loud_frames = self._loud_frames + 1 if loud else 0
        self._quiet_frames = 0 if loud else self._quiet_frames + 1
        self.speaking = self._loud_frames >= self._onset
        return loud
