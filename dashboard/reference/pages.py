"""What stands on each page of /docs. Made once a process for each language; the reader's own is filled in when it is shown."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from dashboard.reference import catalog, markdown, messages, operations, prose
from dashboard.reference.catalog import Group, Page
from dashboard.reference.markdown import Heading

LANGUAGES: Final = ("sh", "python", "js")
_HEADING: Final = re.compile(r'<h([23])[^>]* id="([^"]+)"[^>]*>(.*?)</h\1>', re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """A line of the list of what is on the page. An operation has its method."""

    anchor: str
    label: str
    method: str = ""
    is_english: bool = True


@dataclass(frozen=True)
class Body:
    title: str
    html: SafeString
    entries: tuple[Entry, ...]
    has_samples: bool
    is_wide: bool


@dataclass(frozen=True)
class Found:
    page: Page
    anchor: str
    heading: str
    words: str


@cache
def body_of(page: Page, *, language: str, tab: str) -> Body:
    """The page in this language of the dashboard, its samples opened at this one of LANGUAGES."""
    with override(language):
        if page.resource:
            return _resource(page, tab)
        rendered = markdown.render(page.source.read_text(encoding="utf-8").partition("\n")[2], source=page.source)
        entries = tuple(_entry(heading) for heading in rendered.headings if heading.level == 2)
        text = render_to_string("docs/_text.html", {"text": rendered.html})
        groups = _messages_of(page)
        if groups:
            text += render_to_string("docs/_messages.html", {"groups": groups})
            entries += tuple(Entry(group["anchor"], group["label"], is_english=False) for group in groups)
        title = prose.read(page.source).title
        has_samples = page.name in ("feed", "clients", "sdk-javascript", "sdk-cli") or page.is_guide
        return Body(title, mark_safe(text), entries, has_samples, is_wide=bool(groups))  # noqa: S308 - templates of ours


@dataclass(frozen=True)
class Card:
    page: Page
    summary: str


@cache
def cards(group: Group) -> tuple[Card, ...]:
    """The pages of a group, each with its first sentence."""
    return tuple(Card(page, _first_sentence(page)) for page in group.pages)


def _first_sentence(page: Page) -> str:
    if page.resource and page.source.stem != page.resource:
        return operations.resource_of(page).operations[0].title + "."
    intro = markdown.render(prose.read(page.source).intro.partition("\n\n")[0], source=page.source).html
    text = " ".join(html.unescape(strip_tags(intro)).split())
    return re.split(r"(?<=[.:]) (?=[A-Z`])", text)[0].rstrip(":.") + "." if text else ""


def search(words: str, *, language: str) -> list[Found]:
    """Sections in which all the words are, those with them in the heading first."""
    wanted = words.lower().split()
    if not wanted:
        return []
    hits: list[tuple[int, int, Found]] = []
    for section in _sections(language):
        heading = f"{section.page.label} {section.heading} {section.anchor}".lower()
        text = f"{heading} {section.words.lower()}"
        if all(word in text for word in wanted):
            hits.append((-sum(word in heading for word in wanted), len(hits), section))
    return [section for _rank, _place, section in sorted(hits, key=lambda hit: hit[:2])]


@cache
def _sections(language: str) -> tuple[Found, ...]:
    found = []
    for page in catalog.PAGES.values():
        parts = _HEADING.split(body_of(page, language=language, tab=LANGUAGES[0]).html)
        found.append(Found(page, "", page.label, _words(parts[0])))
        for anchor, heading, text in zip(parts[2::4], parts[3::4], parts[4::4], strict=True):
            found.append(Found(page, anchor, _words(heading), _words(text)))
    return tuple(found)


def _words(markup: str) -> str:
    # Samples hold the same words on every page.
    text = re.sub(r'<div class="docs-side-code">.*?</section>|<figure.*?</figure>', " ", markup, flags=re.DOTALL)
    return " ".join(html.unescape(strip_tags(text.replace("<", " <"))).split())


def _resource(page: Page, tab: str) -> Body:
    resource = operations.resource_of(page)
    words = prose.read(page.source)
    is_own = page.source.stem == page.resource
    rest = markdown.render("\n".join(words.sections) if is_own else "", source=page.source)
    context = {
        "intro": markdown.render(words.intro, source=page.source).html if is_own else "",
        "notes": operations.notes_of(page) if is_own else "",
        "resource": resource,
        "rest": rest.html,
        "tab": tab,
    }
    entries = [Entry(one.id, one.title, one.method) for one in resource.operations]
    if resource.things:
        entries.append(Entry("objects", _("Objects"), is_english=False))
    entries += [_entry(heading) for heading in rest.headings if heading.level == 2]
    title = words.title if is_own else page.label
    text = mark_safe(render_to_string("docs/_resource.html", context))  # noqa: S308 - a template of ours
    has_samples = any(one.scope for one in resource.operations)
    return Body(title, text, tuple(entries), has_samples, is_wide=True)


def _messages_of(page: Page) -> list[dict[str, Any]]:
    if page.name == "feed":
        return [
            {"anchor": "frames-you-hear", "label": _("Frames that you hear"), "messages": messages.heard(page)},
            {"anchor": "frames-you-send", "label": _("Frames that you send"), "messages": messages.told(page)},
        ]
    if page.name == "events":
        return [{"anchor": "payloads", "label": _("What each event holds"), "messages": messages.posted(page)}]
    return []


def _entry(heading: Heading) -> Entry:
    return Entry(heading.anchor, heading.text)
