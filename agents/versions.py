"""What two versions of an agent differ in."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, Final, Literal

from agents.models import AgentVersion
from agents.services import SETTINGS

# Compared line by line; of every other setting, before and after say it all.
_TEXTS: Final = frozenset({"prompt", "first_message", "voicemail_message"})


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
    found: list[Line] = []
    for kind, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            found += [Line("same", text) for text in old[old_from:old_to]]
            continue
        found += [Line("removed", text) for text in old[old_from:old_to]]
        found += [Line("added", text) for text in new[new_from:new_to]]
    return found
