"""Files of docs/ as HTML. They are ours, and even so no HTML in them is taken for HTML."""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from dashboard.reference import catalog, highlighting

_EMPTY_HEAD: Final = '<th><span class="visually-hidden">Description</span></th>'


@dataclass(frozen=True)
class Heading:
    level: int
    anchor: str
    text: str


@dataclass(frozen=True)
class Rendered:
    html: SafeString
    headings: tuple[Heading, ...]


class _Renderer(RendererHTML):
    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        code = tokens[idx].content
        return highlighting.figure(code, tokens[idx].info.split(" ")[0] or highlighting.guess(code))

    code_block = fence

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        # Scrolled by keyboard, too.
        return '<div class="table-frame docs-table" tabindex="0"><table class="table">'

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return "</table></div>"

    def heading_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        anchor = str(tokens[idx].attrGet("id"))
        return f'<{tokens[idx].tag} id="{escape(anchor)}"><a class="docs-anchor" href="#{escape(anchor)}">'

    def heading_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f"</a></{tokens[idx].tag}>\n"


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")


def render(text: str, *, source: Path) -> Rendered:
    """A text of this file, whole or in part. Links lead to pages of /docs; what has no page there is no link."""
    parser = _parser()
    env: MutableMapping[str, Any] = {}
    tokens = parser.parse(text, env)
    headings = []
    for place, token in enumerate(tokens):
        if token.type == "inline":
            token.children = _with_addresses(token.children or [], source)
        if token.type == "heading_open":
            words = _words(tokens[place + 1])
            token.attrSet("id", slug(words))
            headings.append(Heading(int(token.tag[1]), slug(words), words))
    html = parser.renderer.render(tokens, parser.options, env).replace("<th></th>", _EMPTY_HEAD)
    return Rendered(mark_safe(html), tuple(headings))  # noqa: S308 - the renderer escapes


def inline(text: str, *, source: Path) -> SafeString:
    """One line of words, as in a table's cell."""
    parser = _parser()
    (token,) = parser.parseInline(text)
    token.children = _with_addresses(token.children or [], source)
    html: str = parser.renderer.render([token], parser.options, {})
    return mark_safe(html)  # noqa: S308 - the renderer escapes


def slug(heading: str) -> str:
    """The anchor of a heading, as code hosts make it."""
    return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")


def _words(token: Token) -> str:
    return "".join(child.content for child in token.children or [] if child.type in ("text", "code_inline"))


def _with_addresses(tokens: list[Token], source: Path) -> list[Token]:
    kept: list[Token] = []
    is_dropped: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            address = catalog.address(str(token.attrGet("href") or ""), source=source)
            token.attrSet("href", address)
            is_dropped.append(not address)
            if is_dropped[-1]:
                continue
        elif token.type == "link_close" and is_dropped.pop():
            continue
        kept.append(token)
    return kept
