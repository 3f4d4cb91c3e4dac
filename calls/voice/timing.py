"""The stages of a reply, taken as they pass: from the caller's last word to the agent's first sound."""

from __future__ import annotations

from collections.abc import Callable

from calls.voice.session import Stages


class Stopwatch:
    """One reply at a time. A stage that did not pass stays None."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # By the clock, when each stage passed.
        self._last_word: float | None = None
        self._vad: float | None = None
        self._stt: float | None = None
        self._turn: float | None = None
        self._llm: float | None = None

    def voice_ended(self, *, pause: float) -> None:
        """The caller fell silent `pause` seconds ago."""
        self._clear()
        now = self._clock()
        self._last_word, self._vad = now - pause, now

    def words_known(self) -> None:
        self._stt = self._clock()

    def turn_ended(self) -> None:
        self._turn = self._clock()

    def reply_began(self) -> None:
        if self._llm is None:
            self._llm = self._clock()

    def sound(self) -> Stages | None:
        """The reply's first sound: its stages. None where it answers nobody."""
        if self._last_word is None:
            return None
        stages = Stages(
            vad=_ms(self._last_word, self._vad),
            turn=_ms(self._vad, self._turn),
            stt=_ms(self._vad, self._stt),
            llm=_ms(self._turn, self._llm),
            tts=_ms(self._llm if self._llm is not None else self._turn, self._clock()),
            total=_ms(self._last_word, self._clock()),
        )
        self._clear()
        return stages

    def _clear(self) -> None:
        self._last_word = self._vad = self._stt = self._turn = self._llm = None


def _ms(start: float | None, end: float | None) -> int | None:
    return None if start is None or end is None else max(0, round((end - start) * 1000))
