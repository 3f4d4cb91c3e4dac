"""Whether somebody asks for a person, and for whom of those that the agent may transfer a call to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from calls.voice.providers.house import intents, words

_THROUGH: Final = re.compile(
    r"\b(?:put|connect|transfer|forward|switch|hand)\b.{0,20}\b(?:me|us|through|over|to)\b|\b(?:speak|talk)\b.{0,10}\b(?:to|with)\b",
    re.IGNORECASE,
)
# So many words of "when" in what is heard are no chance.
ENOUGH: Final = 2


@dataclass(frozen=True)
class Desk:
    """Somebody to hand over to: the name, and in which case."""

    name: str
    when: str
    # What the caller is told.
    announcement: str


def wanted(heard: str, desks: Sequence[Desk], *, wants_person: bool = False) -> Desk | None:
    """Whom the caller is to be given to; None: nobody."""
    if not desks or not heard:
        return None
    said = set(words.terms(heard))
    named = [desk for desk in desks if (its := set(words.terms(desk.name))) and its <= said]
    fitting = sorted(desks, key=lambda desk: -len(said & set(words.terms(desk.when))))
    is_fitting = len(said & set(words.terms(fitting[0].when))) >= ENOUGH
    asks = wants_person or "wants_person" in intents.intents(heard)
    if named and (asks or _THROUGH.search(heard)):
        return named[0]
    if asks or is_fitting:
        return fitting[0]
    return None
