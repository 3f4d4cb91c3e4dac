"""Answering-machine detection: the words of a greeting, how long it goes on, and the tone at its end."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import numpy.typing as npt

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

# A tone before anybody has said this much is the network's, a fax's, or music.
LEAST_GREETING_SECONDS: Final = 0.6

_SURE = re.compile(
    r"\b(?:leave (?:me |us )?(?:a |your |the )?(?:\w+ )?(?:message|name)|after the (?:tone|beep)|at the (?:tone|beep)|"
    r"voice ?mail|mail ?box|record your message|"
    r"(?:person|number|party|subscriber) you(?:'ve| have| are|'re)? (?:called|dialed|reached|calling|trying)(?: to \w+)?"
    r" (?:is (?!using|screening|being|on\b)\w+|has|cannot|can't)|"
    r"nach dem (?:signal|ton|piep|pfeif)\w*|hinterlassen sie|sprechen sie (?:bitte )?nach|anrufbeantworter|sprachbox|"
    r"(?:teilnehmer|gesprächspartner|rufnummer|anschluss)\b.{0,30}\bnicht (?:zu )?erreich\w+)",
    re.I,
)
_MENU = re.compile(
    r"\b(?:press (?:\d|one|two|three|four|five|six|seven|eight|nine|zero|star|the|pound|hash)|drücken sie)\b", re.I
)
_LIKELY = re.compile(
    r"\b(?:not (?:available|here|home)|unavailable|can(?:'t|not|not) (?:come to|take|answer|get to)|"
    r"you(?:'ve| have) reached|get back to you|call you back|return your call|message|"
    r"nicht (?:da|erreichbar|zu hause|persönlich)|rufe?n? (?:sie )?(?:\w+ )?zurück|nachricht)\b",
    re.I,
)


def is_machine_greeting(text: str) -> bool:
    """Whether these are surely no person's words."""
    return _SURE.search(text) is not None or _MENU.search(text) is not None


class AnsweringMachine:
    """Fed what the person's side says from the answer on; tells when it must be a machine, and when its tone ended."""

    def __init__(self, rate: int, *, allows_menus: bool = False) -> None:
        self._tone = ToneDetector(rate)
        # A menu is no answering machine to an agent that can press keys.
        self._allows_menus = allows_menus
        self._spoken = 0
        self._vad = EnergyVad()
        self._frames = 0
        self._voiced = 0
        self._turns = 0
        self._is_menu = False
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
            self._spoken += not self._tone.is_steady
        elif self._vad.silence_seconds > 0.7:
            self._voiced = 0
        if self._tone.has_ended and self._spoken * FRAME_SECONDS < LEAST_GREETING_SECONDS:
            self._tone.forget()
        if self._tone.has_ended:
            self.is_machine = True

    def hear_words(self, text: str) -> None:
        if not self.is_watching:
            return
        if self._allows_menus and _MENU.search(text):
            # Somebody's menu may greet like a machine.
            self._is_menu = True
        is_long = self._voiced * FRAME_SECONDS > LONG_GREETING_SECONDS and not self._allows_menus
        is_sure = is_machine_greeting(text) and not self._is_menu
        if is_sure or (is_long and _LIKELY.search(text)):
            self.is_machine = True

    def end_turn(self) -> None:
        self._turns += 1


class ToneDetector:
    """Finds one steady pure tone that stands alone, as answering machines give: no note of a melody, no ringing."""

    SHORTEST_FRAMES: Final = 7
    # A longer one is the network's, or a fax.
    LONGEST_FRAMES: Final = 150
    LOWEST_HZ: Final = 390
    HIGHEST_HZ: Final = 2050
    PURITY: Final = 0.85
    FAINTEST: Final = 0.01
    # In dB from one frame to the next; a voice swells and fades.
    STEADY_DB: Final = 2.5
    STEADY_HZ: Final = 12.0
    # Another tone so soon before or after makes a melody of it.
    ALONE_FRAMES: Final = 10
    QUIET_FRAMES: Final = 3

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._last: bytes = b""
        self._hz = 0.0
        self._level = 0.0
        self._steady = 0
        self._longest = 0
        # Frames since a tone ended that may be the beep; and since any other.
        self._candidate = 0
        self._since_tone: int | None = None
        self._since_other = 1_000
        self.has_ended = False

    @property
    def seconds(self) -> float:
        """How long the tone was."""
        return self._longest / FRAMES_PER_SECOND

    @property
    def is_steady(self) -> bool:
        """Whether this may be a tone now."""
        return self._steady > 1

    def forget(self) -> None:
        """It was not the one that was waited for."""
        self.has_ended = False
        self._longest = 0

    def hear(self, frame: bytes) -> None:
        """The next 20 ms; each is judged together with the one before."""
        window = samples_of(self._last + frame).astype(np.float32) / FULL_SCALE
        self._last = frame
        hz, level = self._tone_in(window)
        self._since_other += 1
        if self._since_tone is not None:
            self._wait_for_quiet(is_tone=hz > 0)
        is_same = hz > 0 and abs(hz - self._hz) < self.STEADY_HZ and abs(level - self._level) < self.STEADY_DB
        if is_same:
            self._steady += 1
        else:
            self._end()
            self._steady = 1 if hz > 0 else 0
        self._hz, self._level = hz, level

    def _end(self) -> None:
        if self._steady < self.SHORTEST_FRAMES:
            if self._steady >= 3:
                self._since_other = 0
            return
        is_beep = self._steady <= self.LONGEST_FRAMES and self._since_other > self.ALONE_FRAMES + self._steady
        self._candidate, self._since_tone = (self._steady, 0) if is_beep else (0, None)
        self._since_other = 0

    def _wait_for_quiet(self, *, is_tone: bool) -> None:
        waited = (self._since_tone or 0) + 1
        self._since_tone = waited
        if is_tone and waited > 1:
            self._since_tone = None
        elif waited > self.QUIET_FRAMES:
            self._longest, self.has_ended, self._since_tone = max(self._longest, self._candidate), True, None

    def _tone_in(self, window: npt.NDArray[np.float32]) -> tuple[float, float]:
        """Hz and dB of the pure tone in this sound; 0 where there is none."""
        loudness = float(np.sqrt(np.mean(window**2)))
        if loudness <= self.FAINTEST:
            return 0.0, 0.0
        power = np.abs(np.fft.rfft(window * np.hanning(len(window)))) ** 2
        if (total := float(power.sum())) <= 0:
            return 0.0, 0.0
        peak = int(power[1:-1].argmax()) + 1
        pure = float(power[max(0, peak - 2) : peak + 3].sum()) / total
        # Between two bins, by the parabola through the logarithms.
        left, middle, right = np.log(power[peak - 1 : peak + 2] + 1e-12)
        bend = left - 2 * middle + right
        offset = 0.5 * float(left - right) / float(bend) if bend else 0.0
        hz = (peak + offset) * self._rate / len(window)
        if pure <= self.PURITY or not self.LOWEST_HZ <= hz <= self.HIGHEST_HZ:
            return 0.0, 0.0
        return hz, 20 * float(np.log10(loudness))
