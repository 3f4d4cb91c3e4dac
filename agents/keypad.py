"""What an agent makes of a telephone's keys: those that its callers press, and those that it presses itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

DIGIT: Final = r"[0-9*#]"
MEANING_MAX: Final = 200
MOST_CHOICES: Final = 12
TERMINATORS: Final = ("#", "*", "")
SHORTEST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 10.0


class BadKeypad(ValueError):
    """Keys cannot mean that; says why."""


@dataclass(frozen=True)
class KeypadSettings:
    """`menu` are single digits and what each means."""

    menu: tuple[tuple[str, str], ...] = ()
    terminator: str = "#"
    digit_timeout: float = 3.0
    may_press: bool = False
    # What it is to choose in the menus of those it calls.
    wanted: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return {
            "menu": [{"digit": digit, "meaning": meaning} for digit, meaning in self.menu],
            "terminator": self.terminator,
            "digit_timeout": self.digit_timeout,
            "may_press": self.may_press,
            "wanted": self.wanted,
        }


NONE: Final = KeypadSettings()


def read(given: Mapping[str, Any]) -> KeypadSettings:
    """What was sent, or is kept. Raises BadKeypad."""
    terminator = str(given.get("terminator", NONE.terminator))
    if terminator not in TERMINATORS:
        raise BadKeypad(_("The key that ends digits is # or *, or none."))
    pause = float(given.get("digit_timeout", NONE.digit_timeout))
    if not SHORTEST_PAUSE <= pause <= LONGEST_PAUSE:
        raise BadKeypad(_("The pause between two digits is 1 to 10 seconds."))
    return KeypadSettings(
        menu=_menu(given.get("menu") or ()),
        terminator=terminator,
        digit_timeout=pause,
        may_press=bool(given.get("may_press", False)),
        wanted=_words(given.get("wanted")),
    )


def _menu(given: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    found = []
    for choice in given:
        digit, meaning = str(choice.get("digit") or "").strip(), _words(choice.get("meaning"))
        if re.fullmatch(DIGIT, digit) is None or not meaning:
            raise BadKeypad(_("A choice is one key, 0 to 9, * or #, and what it means."))
        found.append((digit, meaning))
    if len({digit for digit, _meaning in found}) < len(found):
        raise BadKeypad(_("A key means one thing."))
    return tuple(found)


def _words(given: object) -> str:
    text = " ".join(str(given or "").split())
    if len(text) > MEANING_MAX or "<" in text or ">" in text:
        raise BadKeypad(_("What a key means has at most 200 characters, without < and >."))
    return text
