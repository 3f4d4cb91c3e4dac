"""Programs and data in colours: classes alone, whose colours are tokens."""

from __future__ import annotations

import re
from typing import Final

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight  # type: ignore[import-untyped]  # has no types
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]  # has no types
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]  # has no types
from pygments.util import ClassNotFound  # type: ignore[import-untyped]  # has no types

# How people call what the lexers call otherwise.
LABELS: Final = {
    "sh": "Shell",
    "bash": "Shell",
    "js": "JavaScript",
    "ts": "TypeScript",
    "json": "JSON",
    "python": "Python",
    "html": "HTML",
    "ini": "Settings",
    "nginx": "nginx",
    "csv": "CSV",
    "text": "",
}
_LONGEST: Final = 40_000
_FORMAT: Final = HtmlFormatter(nowrap=True)
_SPACE: Final = re.compile(r'<span class="w">(\s*)</span>')
# What the reader's own key takes the place of; a script does that, in the browser.
_KEY: Final = re.compile(r"YOUR_API_KEY")


def coloured(code: str, language: str) -> SafeString:
    """The code as HTML."""
    try:
        lexer = get_lexer_by_name(language if len(code) < _LONGEST else "text", stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    html = _SPACE.sub(r"\1", highlight(code.rstrip("\n"), lexer, _FORMAT).rstrip("\n"))
    return mark_safe(_KEY.sub("<span data-key>YOUR_API_KEY</span>", html))  # noqa: S308 - Pygments escapes


def figure(code: str, language: str, *, label: str = "") -> str:
    """A block of code with a head: what it is, and a button that copies it."""
    context = {"code": coloured(code, language), "label": label or LABELS.get(language, language)}
    return render_to_string("docs/_code.html", context)


def guess(code: str) -> str:
    """The language of a block that does not say its own."""
    start = code.lstrip()
    if start.startswith(("{", "[")):
        return "json"
    if re.match(r"(pip|npm|\$ vaniagent|curl|make|manage\.py|export|createdb|\.venv|[A-Z_]+=\S+ make)\b", start):
        return "sh"
    if start.startswith("<"):
        return "html"
    if start.startswith(("const ", "import ", "await ")) and ";" in start:
        return "js"
    return "python" if re.search(r"^\w+ = \w+\.\w+\(", start) else "text"
