"""A telephone's assistant that asks who is calling and why: known by its fixed phrases, and answered in one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

# For the person to look at what was said and take the call.
HOLD_SECONDS: Final = 60.0
# An assistant may ask again what was not clear; then it is no assistant.
MOST_ANSWERS: Final = 2

_ASKS: Final = re.compile(
    # Apple: "Hi, if you record your name and reason for calling, I'll see if this person is available."
    r"record your name and (?:the )?reason|(?:state|say|give|tell me) your name and (?:the )?(?:reason|why|purpose)|"
    # Google: "The person you're calling is using a screening service from Google … say your name and why you're calling."
    r"(?:using|is on) a (?:call )?screening|screening service|screening (?:this|the|your) call|call screen(?:ing)?\b|"
    r"see if (?:this|the) person is available|"
    r"(?:nenn|sag)\w* sie (?:bitte )?ihren namen und (?:den )?(?:grund|warum|weshalb)|"
    r"namen und (?:den )?(?:anrufgrund|grund (?:ihres|für ihren|des) anruf\w*)|anruffilter|filtert? (?:diesen|den) anruf",
    re.IGNORECASE,
)
_HOLDS: Final = re.compile(
    r"\b(?:please (?:hold|wait|stay)|hold (?:on|the line)|stay on the line|one moment|just a (?:moment|second)|"
    r"(?:checking|see) if .{0,30}available|(?:connecting|putting) you|thanks?,? (?:i'll|please)|"
    r"bitte warten|einen moment|bleiben sie (?:bitte )?(?:dran|am apparat))\b",
    re.IGNORECASE,
)
_NAMED: Final = {"en": "This is {name}.", "de": "Hier ist {name}.", "es": "Soy {name}.", "fr": "C'est {name}."}


def is_screening(text: str) -> bool:
    """Whether an assistant asks who is calling."""
    return _ASKS.search(" ".join(text.replace("\u2019", "'").split())) is not None


def is_holding(text: str) -> bool:
    """Whether an assistant asks to wait."""
    return _HOLDS.search(" ".join(text.replace("\u2019", "'").split())) is not None


def introduction(given: str | None, *, opening: str, agent_name: str, language: str) -> str:
    """Who is calling and why: the agent's own line, or its first message without what it asks."""
    if given:
        return given
    told = [sentence for sentence in re.split(r"(?<=[.!?]) +", opening) if not sentence.endswith("?")]
    if agent_name.casefold() not in opening.casefold():
        named = _NAMED.get(language.partition("-")[0].lower(), _NAMED["en"]).format(name=agent_name)
        told.insert(0, named)
    return " ".join(told) or opening


class Screening:
    """One conversation's: how often an assistant was answered, and until when the person is waited for."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers = 0
        self._until = 0.0
        self._has_come = False

    @property
    def is_waiting(self) -> bool:
        """Whether the person has not come yet, and silence is nobody's fault."""
        return self._answers > 0 and not self._has_come and self._clock() < self._until

    def asks(self, text: str) -> bool:
        """Whether an assistant said this, and is to be answered now."""
        if self._has_come or self._answers >= MOST_ANSWERS or not is_screening(text):
            return False
        self._answers += 1
        self._until = self._clock() + HOLD_SECONDS
        return True

    def holds(self, text: str) -> bool:
        """Whether the assistant said this too, and nobody is to be answered. Anything else is the person's."""
        if not self.is_waiting:
            return False
        if is_holding(text) or is_screening(text):
            return True
        self._has_come = True
        return False
