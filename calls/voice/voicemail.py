"""Answering-machine detection: the words of a greeting, how long it goes on, and the tone at its end."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from calls.audio.framing import FRAME_SECONDS, FRAMES_PER_SECOND
from calls.audio.levels import FULL_SCALE, samples_of
from calls.audio.vad import EnergyVad

# Only a greeting is judged: after this long, or this many of the caller's turns, whoever speaks is a person.
WINDOW_SECONDS: Final = 30.0
MOST_TURNS: Final = 3
# Nobody says hello for this long.
LONG_GREETING_SECONDS: Final = 4.5
# With no tone after the greeting, the message is left into its silence.
TONELESS_PAUSE: Final = 2.5

_SURE = re.compile(
    r"\b(?:leave (?:me |us )?(?:a |your |the )?(?:\w+ )?(?:message|name)|after the (?:tone|beep)|at the (?:tone|beep)|"
    r"voice ?mail|mail ?box|record your message|press (?:one|1|pound|the pound)|"
    r"(?:person|number|party|subscriber) you(?:'ve| have| are)? (?:called|dialed|reached|calling|trying))",
    re.I,
)
_LIKELY = re.compile(
    r"\b(?:not (?:available|here|home)|unavailable|can(?:'t|not|not) (?:come to|take|answer|get to)|"
    r"you(?:'ve| have) reached|get back to you|call you back|return your call|message)\b",
    re.I,
)


def is_machine_greeting(text: str) -> bool:
    """Whether these are surely no person's words."""
    return _SURE.search(text) is not None


class AnsweringMachine:
    """Fed what the person's side says from the answer on; tells when it must be a machine, and when its tone ended."""

    def __init__(self, rate: int) -> None:
        self._tone = ToneDetector(rate)
        self._vad = EnergyVad()
        self._frames = 0
        self._voiced = 0
        self._turns = 0
        self._is_likely = False
        self.is_machine = False

    @property
    def is_watching(self) -> bool:
        return self.is_machine or (self._frames * FRAME_SECONDS < WINDOW_SECONDS and self._turns < MOST_TURNS)

    def is_ready(self, *, waited: float) -> bool:
        """Whether a message may be left: the tone is over, or `waited` seconds after the machine was known there has
        been none, and its greeting is."""
        return self._tone.has_ended or min(self._vad.silence_seconds, waited) > TONELESS_PAUSE

    def hear(self, frame: bytes) -> None:
        """The next 20 ms."""
        self._frames += 1
        self._tone.hear(frame)
        loud = self._vad.hear(frame)
        # A breath between two sentences of a greeting is shorter than a person's wait for an answer.
        if loud:
            self._voiced += 1
        elif self._vad.silence_seconds > 0.7:
            self._voiced = 0
        is_long = self._voiced * FRAME_SECONDS > LONG_GREETING_SECONDS
        if self._tone.has_ended and (is_long or self._is_likely or self._tone.seconds >= 0.3):
            self.is_machine = True

    def hear_words(self, text: str) -> None:
        if not self.is_watching:
            return
        if _SURE.search(text) or (_LIKELY.search(text) and self._voiced * FRAME_SECONDS > LONG_GREETING_SECONDS):
            self.is_machine = True
        elif _LIKELY.search(text):
            self._is_likely = True

    def end_turn(self) -> None:
        self._turns += 1


class ToneDetector:
    """Finds one steady pure tone, as answering machines give."""

    SHORTEST_FRAMES: Final = 8
    LOWEST_HZ: Final = 350
    HIGHEST_HZ: Final = 2200
    PURITY: Final = 0.85
    FAINTEST: Final = 0.01

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._last: bytes = b""
        self._bin = 0
        self._steady = 0
        self._longest = 0
        self.has_ended = False

    @property
    def seconds(self) -> float:
        """How long the tone was."""
        return self._longest / FRAMES_PER_SECOND

    def hear(self, frame: bytes) -> None:
        """The next 20 ms; each is judged together with the one before."""
        window = samples_of(self._last + frame).astype(np.float32) / FULL_SCALE
        self._last = frame
        power = np.abs(np.fft.rfft(window * np.hanning(len(window)))) ** 2
        total = float(power.sum())
        peak = int(power.argmax())
        hz = peak * self._rate / max(1, len(window))
        pure = float(power[max(0, peak - 2) : peak + 3].sum()) / total if total > 0 else 0.0
        loud = float(np.sqrt(np.mean(window**2))) > self.FAINTEST
        if loud and pure > self.PURITY and self.LOWEST_HZ <= hz <= self.HIGHEST_HZ and abs(peak - self._bin) <= 1:
            self._steady += 1
        else:
            if self._steady >= self.SHORTEST_FRAMES:
                self._longest = max(self._longest, self._steady)
                self.has_ended = True
            self._steady = 0
        self._bin = peak
