"""What screen readers find their way by, put into django-unfold's pages, which have none."""

from __future__ import annotations

import itertools
import re
from typing import Final

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_MAIN: Final = '<div id="main" '
# A region that scrolls by itself; each gets a name of its own.
_SCROLLED: Final = re.compile(r"\bdata-simplebar(?=[ >])")


@register.filter
def with_landmarks(page: SafeString) -> SafeString:
    """The page with its main part marked, and with a name for each part that scrolls."""
    numbers = itertools.count(1)
    marked = page.replace(_MAIN, f'{_MAIN}role="main" ', 1)
    named = _SCROLLED.sub(lambda _: f'data-simplebar data-simplebar-aria-label="Part {next(numbers)}"', marked)
    return mark_safe(named)  # noqa: S308  # it was, and what is put in is ours
