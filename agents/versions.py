"""What two versions of an agent differ in."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, Final, Literal

from agents.models import AgentVersion
from agents.services import SETTINGS

# Compared line by line; of every other setting, before and after say it all.
_TEXTS: Final = frozenset({"prompt", "first_message", "voicemail_message"})
# Of longer texts (old lines times new) the middle counts as one change: comparing them would take minutes.
_MOST_COMPARED: Final = 4_000_000


@dataclass(frozen=True)
class Line:
    """A line that both have, or only the earlier or the later one."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True)
class Change:
    """One setting that differs. `lines` are of texts, with all that stayed."""

    field: str
    before: Any
    after: Any
    lines: tuple[Line, ...] = ()


def changes_between(before: AgentVersion, after: AgentVersion) -> list[Change]:
    """What was changed from one version to the other, in the order of the settings."""
    return [_change(name, getattr(before, name), getattr(after, name)) for name in changed_names(before, after)]


def changed_names(before: AgentVersion, after: AgentVersion) -> list[str]:
    """Of what was changed, the names alone."""
    return [name for name in SETTINGS if getattr(before, name) != getattr(after, name)]


def _change(name: str, before: Any, after: Any) -> Change:
    lines = tuple(_lines(before or "", after or "")) if name in _TEXTS else ()
    return Change(name, before, after, lines)


def _lines(before: str, after: str) -> list[Line]:
    old, new = before.splitlines(), after.splitlines()
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    middle = _compared(old[head : len(old) - tail], new[head : len(new) - tail])
    return [*_all("same", old[:head]), *middle, *_all("same", old[len(old) - tail :])]


def _compared(old: list[str], new: list[str]) -> list[Line]:
    if len(old) * len(new) > _MOST_COMPARED:
        return [*_all("removed", old), *_all("added", new)]

    found: list[Line] = []
    for kind, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            found += _all("same", old[old_from:old_to])
            continue
        found += _all("removed", old[old_from:old_to])
        found += _all("added", new[new_from:new_to])
    return found


def _alike(one: list[str], other: list[str]) -> int:
    """How many lines both begin with."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def _all(kind: Literal["same", "removed", "added"], texts: list[str]) -> list[Line]:
    return [Line(kind, text) for text in texts]
