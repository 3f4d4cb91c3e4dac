"""Excerpts of what was said, with the words that were looked for marked. All of it is escaped."""

from __future__ import annotations

import re
from typing import Final

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

_WORD: Final = re.compile(r"\w+")
_EXCLUDED: Final = re.compile(r'(?<!\S)-(?:"[^"]*"?|\S+)')
_LONGEST: Final = 180
_BEFORE: Final = 60
# Two words that share so much of their beginning are taken for forms of one.
_SHORTEST_STEM: Final = 4
_LONGEST_ENDING: Final = 3


def marked_excerpt(text: str, *, query: str) -> SafeString:
    """The part of the text around the first word that the query (as a search engine takes it) asks for."""
    wanted = [word.casefold() for word in _WORD.findall(_EXCLUDED.sub(" ", query)) if word.casefold() != "or"]
    found = [match for match in _WORD.finditer(text) if _is_wanted(match[0].casefold(), wanted)]
    start = max(0, found[0].start() - _BEFORE) if found else 0
    if start:
        start = text.find(" ", start, found[0].start()) + 1 or start
    end = min(len(text), start + _LONGEST)

    parts, at = ["…" if start else ""], start
    for match in found:
        if match.end() > end:
            break
        parts += [conditional_escape(text[at : match.start()]), format_html("<mark>{}</mark>", match[0])]
        at = match.end()
    parts += [conditional_escape(text[at:end]), "…" if end < len(text) else ""]
    return mark_safe("".join(parts))  # noqa: S308 - each part is escaped above


def _is_wanted(word: str, wanted: list[str]) -> bool:
    return any(word == one or _are_forms_of_one(word, one) for one in wanted)


def _are_forms_of_one(word: str, other: str) -> bool:
    shared = max(_SHORTEST_STEM, max(len(word), len(other)) - _LONGEST_ENDING)
    return len(word) >= shared and len(other) >= shared and word[:shared] == other[:shared]
