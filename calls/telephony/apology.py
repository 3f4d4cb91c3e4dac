"""What a person hears who is left without a conversation for a while. Made while the phone rings, kept for all calls."""

from __future__ import annotations

import logging
from typing import Final, Protocol

logger = logging.getLogger(__name__)

WORDS: Final = "One moment, please."


class Synthesizer(Protocol):
    """Where the words come from; the speech process's client is one."""

    async def synthesize(self, text: str, *, voice: str | None, rate: int, ahead: bool = False) -> bytes:
        """PCM16 mono at `rate`."""


class Apologies:
    def __init__(self, synthesizer: Synthesizer | None) -> None:
        self._synthesizer = synthesizer
        # By voice and rate. Empty while it is being made.
        self._made: dict[tuple[str | None, int], bytes] = {}

    async def prepare(self, *, voice: str | None, rate: int) -> None:
        """Have it in this voice. Without it a person left alone hears noise only, and the next call tries again."""
        if self._synthesizer is None or (voice, rate) in self._made:
            return
        self._made[voice, rate] = b""
        try:
            self._made[voice, rate] = await self._synthesizer.synthesize(WORDS, voice=voice, rate=rate, ahead=True)
        except Exception as error:
            logger.warning("the apology could not be made", extra={"fault": type(error).__name__})
            del self._made[voice, rate]

    def get(self, *, voice: str | None, rate: int) -> bytes:
        """Empty where there is none yet."""
        return self._made.get((voice, rate), b"")
