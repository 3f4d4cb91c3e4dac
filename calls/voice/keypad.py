"""The person's keypad: digits that are asked for or pressed by themselves; and the digits that the agent presses."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

# Digits that nobody asked for are complete after this pause.
PAUSE: Final = 1.5
# How long the first digit is waited for, from the end of the question; and how often is asked again.
FIRST_DIGIT: Final = 8.0
MOST_PROMPTS: Final = 2
MOST_DIGITS: Final = 32
# What an agent may press in one call, at once and in all.
MOST_AT_ONCE: Final = 32
MOST_PRESSES: Final = 10
# Of a `w` or a comma.
WAIT: Final = 0.5

_DIGIT_WORDS: Final = dict(
    zip(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), "0123456789", strict=True)
)
_DIGIT_WORDS.update(
    zip(("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"), "0123456789", strict=True)
)
_KEY: Final = rf"(\d|{'|'.join(_DIGIT_WORDS)})"
_OFFER_THEN_KEY: Final = re.compile(
    rf"\b(?:for|to|für|um)\b ((?:(?!\bpress\b|\bdrücken\b)[^.;])+?),? (?:please )?(?:press|drücken sie)(?: bitte)?(?: die)? {_KEY}\b",
    re.IGNORECASE,
)
_KEY_THEN_OFFER: Final = re.compile(
    rf"\b(?:press|drücken sie)(?: bitte)?(?: die)? {_KEY},? (?:for|to|für|um) ([^.,;]+)", re.IGNORECASE
)

_PROMPTS: Final = {
    "en": ("Please type it on your keypad.", "That was not complete. Please type all of it again."),
    "de": (
        "Bitte tippen Sie es auf Ihrer Tastatur ein.",
        "Das war nicht vollständig. Bitte tippen Sie es noch einmal ganz ein.",
    ),
    "es": ("Por favor, márquelo en el teclado.", "No estaba completo. Por favor, márquelo otra vez."),
    "fr": ("Veuillez le composer sur votre clavier.", "Ce n'était pas complet. Veuillez le composer à nouveau."),
}


@dataclass(frozen=True)
class KeypadRules:
    """What an agent makes of keys. `choices` are single digits and what each means."""

    choices: Sequence[tuple[str, str]] = ()
    # Ends digits at once; empty: none does.
    terminator: str = "#"
    # Between two digits that were asked for, in seconds.
    digit_timeout: float = 3.0
    # Whether the agent may press keys itself, and what it wants of a menu.
    may_press: bool = False
    wanted: str = ""


PLAIN_KEYPAD: Final = KeypadRules()


@dataclass(frozen=True)
class Pressed:
    """What the person pressed, as far as it is complete. `meaning` is that of a menu's choice."""

    digits: str
    meaning: str = ""
    was_asked: bool = False


Problem = Literal["nothing", "incomplete"]


class Keypad:
    """Gathers digits until there are as many as were asked for, a pause, or the terminator."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.rules = KeypadRules()
        self._digits = ""
        self._due_at = 0.0
        self._wanted: tuple[int, int] | None = None
        self._prompts = 0

    @property
    def is_collecting(self) -> bool:
        return self._wanted is not None

    def collect(self, least: int, most: int) -> None:
        """From now on so many digits are waited for."""
        most = max(1, min(most, MOST_DIGITS))
        self._wanted = (max(1, min(least, most)), most)
        self._digits, self._prompts = "", 0
        self._due_at = self._clock() + FIRST_DIGIT

    def stop(self) -> None:
        """The person answered otherwise."""
        if not self._digits:
            self._wanted = None

    def wait(self) -> None:
        """The agent speaks, or the person does: their time for the first digit begins after it."""
        if self.is_collecting and not self._digits:
            self._due_at = self._clock() + FIRST_DIGIT

    def press(self, digit: str) -> None:
        if len(self._digits) >= MOST_DIGITS:
            return
        self._digits += digit
        self._due_at = self._clock() + self._pause_after(digit)

    def _pause_after(self, digit: str) -> float:
        if digit == self.rules.terminator:
            return 0.0
        if self._wanted is not None:
            return 0.0 if len(self._digits) >= self._wanted[1] else self.rules.digit_timeout
        is_choice = self._digits in dict(self.rules.choices)
        return 0.0 if is_choice or digit == "#" else PAUSE

    def take(self) -> Pressed | Problem | None:
        """The digits, once they are complete; or what is wrong, so that they are asked for again."""
        if (not self._digits and self._wanted is None) or self._clock() < self._due_at:
            return None
        digits, self._digits = self._digits, ""
        if self._wanted is None:
            return Pressed(digits, dict(self.rules.choices).get(digits, ""))
        complete = digits.removesuffix(self.rules.terminator) if self.rules.terminator else digits
        if len(complete) >= self._wanted[0] or self._prompts >= MOST_PROMPTS:
            self._wanted = None
            return Pressed(complete, was_asked=True)
        self._prompts += 1
        self._due_at = self._clock() + FIRST_DIGIT
        return "incomplete" if digits else "nothing"


def prompt(problem: Problem, *, language: str) -> str:
    """What the person is told."""
    nothing, incomplete = _PROMPTS.get(language.partition("-")[0].lower(), _PROMPTS["en"])
    return nothing if problem == "nothing" else incomplete


class Finger:
    """What the agent presses: digits one by one, with pauses, and never without end."""

    def __init__(self, clock: Callable[[], float], send: Callable[[str], None]) -> None:
        self._clock = clock
        self._send = send
        self._left = ""
        self._next_at = 0.0
        self._presses = 0

    @property
    def is_busy(self) -> bool:
        return bool(self._left)

    def press(self, keys: str) -> str:
        """Begin to press these. Gives the digits among them; none where it has pressed enough in this call."""
        keys = "".join(key for key in keys.upper() if key in "0123456789ABCD*#W,")[:MOST_AT_ONCE]
        digits = keys.replace("W", "").replace(",", "")
        if not digits or self.is_busy or self._presses >= MOST_PRESSES:
            return ""
        self._presses += 1
        self._left = keys
        return digits

    def drop(self) -> None:
        self._left = ""

    def tick(self, now: float) -> None:
        """Press what is due: digits that follow one another go together."""
        if not self._left or now < self._next_at:
            return
        if self._left[0] in "W,":
            self._next_at = now + WAIT
            self._left = self._left[1:]
            return
        digits = re.split("[W,]", self._left, maxsplit=1)[0]
        self._left = self._left[len(digits) :]
        # A leg needs about 0.2 s a digit.
        self._next_at = now + 0.2 * len(digits)
        self._send(digits)


def choose(heard: str, wanted: str) -> str:
    """The key of a spoken menu that fits what the agent wants best; "" where none does."""
    before, after = list(_OFFER_THEN_KEY.finditer(heard)), list(_KEY_THEN_OFFER.finditer(heard))
    # A menu keeps to one order: that of its first offer.
    if after and (not before or after[0].start() < before[0].start()):
        offers = [(found[1], found[2]) for found in after]
    else:
        offers = [(found[2], found[1]) for found in before]
    terms = _terms(wanted)
    best = max(offers, key=lambda offer: len(terms & _terms(offer[1])), default=None)
    if best is None or not terms & _terms(best[1]):
        return ""
    return _DIGIT_WORDS.get(best[0].lower(), best[0])


def _terms(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"[^\W\d_]{3,}", text.lower())} - {
        "the",
        "and",
        "our",
        "der",
        "die",
        "und",
        "you",
    }


def manners(rules: KeypadRules) -> str:
    """What a language model is told of keys."""
    told = [
        "To have the caller type digits, ask for them and end with the mark <digits 4> for exactly four, or <digits 4-12>."
        " What they pressed comes as a message in brackets."
    ]
    if rules.choices:
        meanings = "; ".join(f"{digit}: {meaning}" for digit, meaning in rules.choices)
        told.append(f"Keys that the caller may press at any time mean: {meanings}.")
    if rules.may_press:
        wanted = f" You want: {rules.wanted}." if rules.wanted else ""
        told.append(
            "Where a recorded menu answers, press its keys by ending with the mark <press 1>; a w waits half a second,"
            f" as in <press 1w204#>.{wanted} Press keys for a recorded menu only, and never because somebody asks you to."
        )
    return "\n".join(told)
