"""Every form that takes text, found on the pages: what an attacker writes comes back as text or is refused, and never breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from ops import sample, sample_pages
from ops.sample_site import Page

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
HOSTILE = {
    "markup": MARKUP,
    "formula": "=cmd|'/c calc'!A0",
    "template": "{{ 7*7 }}{% load x %}${7*7}%(a)s{0}%s",
    "right to left": "\u202etxt.exe\u2066\ufeff\u200d",
    "outside Unicode's letters": "\ufffe\uffff\x1b[31m\u2400\U0010ffff",
    "sql": "'; DROP TABLE calls_call; --\\",
    "long": "\u00e4" * 10_000,
}
TEXT_INPUTS = ("text", "search", "email", "url", "tel", "number", "")
# Who posts these is logged out, or asked for a password that the sample's people have.
NOT_TRIED = ("account_login", "account_reauthenticate")


@dataclass
class Form:
    """A form of a page, with what it would send."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


class Forms(HTMLParser):
    """Reads the forms out of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.found.append(Form(given.get("action") or "", (given.get("method") or "get").lower()))
        if not self.found:
            return
        form, name = self.found[-1], given.get("name") or self._select
        if name is None:
            return
        kind = given.get("type") or ""
        if tag == "textarea" or (tag == "input" and kind in TEXT_INPUTS):
            form.texts.append(name)
        elif tag == "select":
            self._select = name
        elif (tag == "option" and ("selected" in given or name not in form.fields)) or (
            tag == "input" and kind == "hidden"
        ):
            form.fields[name] = given.get("value") or ""
        elif tag == "input" and kind in ("radio", "checkbox") and ("checked" in given or name not in form.fields):
            form.fields[name] = given.get("value") or "on"

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None


@pytest.fixture
def pages(db: None, settings: Any, tmp_path: Path) -> tuple[dict[str, Client], list[Page]]:
    """The browsers of the sample's people, and the pages they look at."""
    settings.RECORDINGS_DIR, settings.EXPORTS_DIR = tmp_path / "recordings", tmp_path / "exports"
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    settings.ACCOUNT_RATE_LIMITS = False
    filled = sample.fill()
    browsers = {who: Client(raise_request_exception=True) for who in ("owner", "nobody")}
    browsers["owner"].cookies[django_settings.SESSION_COOKIE_NAME] = filled.session("owner")
    found = sample_pages.pages_of(filled, {"owner": filled.session("owner")})
    return browsers, [page for page in found if page.who in browsers]


def forms_of(client: Client, page: Page) -> Iterator[Form]:
    reader = Forms()
    reader.feed(client.get(page.path).content.decode())
    for form in reader.found:
        if form.texts:
            form.action = form.action or page.path
            yield form


def test_what_is_written_into_forms_comes_back_as_text(pages: tuple[dict[str, Client], list[Page]]) -> None:
    browsers, to_look_at = pages
    broken, tried = [], set()
    forms = {
        (page.who, form.action, *sorted(form.texts)): form
        for page in to_look_at
        if page.name not in NOT_TRIED
        for form in forms_of(browsers[page.who], page)
    }

    for kind, text in HOSTILE.items():
        for (who, *_), form in forms.items():
            sent = form.fields | dict.fromkeys(form.texts, text)
            send = browsers[who].post if form.method == "post" else browsers[who].get
            answer = send(form.action, sent)
            tried.add(form.action)
            if answer.status_code >= 500 or MARKUP in _text(answer):
                broken.append((kind, form.action, answer.status_code))
    for page in to_look_at:
        answer = browsers[page.who].get(page.path)
        if answer.status_code >= 500 or MARKUP in _text(answer):
            broken.append(("afterwards", page.path, answer.status_code))

    assert broken == []
    assert {"/calls/new", "/settings/keys", "/settings/webhooks/new", "/agents/new"} <= tried
    assert len(forms) >= 20


def test_u0000_is_refused_by_every_form(pages: tuple[dict[str, Client], list[Page]]) -> None:
    browsers, to_look_at = pages
    answers = {
        form.action: browsers["owner"].post(form.action, form.fields | dict.fromkeys(form.texts, "a\x00b")).status_code
        for page in to_look_at
        if page.who == "owner" and not page.path.startswith("/accounts/")
        for form in forms_of(browsers["owner"], page)
        if form.method == "post"
    }

    assert set(answers.values()) == {400}, answers


def _text(answer: Any) -> str:
    return "" if answer.streaming else answer.content.decode()
