"""What screen readers find their way by, put into django-unfold's pages, which have none."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Final

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_MAIN: Final = '<div id="main" '
_QUOTED: Final = r"\"[^\"]*\"|'[^']*'"
# Tags alone: what somebody wrote is in the text between them, or in quotes.
_TAG: Final = re.compile(rf"<(?:div|nav)(?=\s)(?:[^\"'<>]|{_QUOTED})*>")
# A region that scrolls by itself; each gets a name of its own.
_SCROLLED: Final = re.compile(rf"{_QUOTED}|(?<=\s)data-simplebar(?=[\s>])")


@register.filter
def with_landmarks(page: SafeString) -> SafeString:
    """The page with its main part marked, and with a name for each part that scrolls."""
    numbers = itertools.count(1)
    marked = page.replace(_MAIN, f'{_MAIN}role="main" ', 1)
    return mark_safe(_TAG.sub(lambda tag: _named(tag[0], numbers), marked))  # noqa: S308  # it was, and what is put in is ours


def _named(tag: str, numbers: Iterator[int]) -> str:
    def name(part: re.Match[str]) -> str:
        if part[0] != "data-simplebar":
            return part[0]
        return f'data-simplebar data-simplebar-aria-label="Part {next(numbers)}"'

    return _SCROLLED.sub(name, tag)
