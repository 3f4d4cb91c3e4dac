"""German is whole, and /v1 never speaks it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from babel.messages.catalog import Message
from django.conf import settings
from django.test import Client
from django.utils import translation

from conftest import ApiClient
from dashboard.templatetags import site
from ops import messages

LANGUAGES: Final = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
PLACEHOLDER: Final = re.compile(r"%\(\w+\)[sd]|\{\w+\}|</?\w+[^>]*>")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_with_its_placeholders(language: str) -> None:
    path = messages.LOCALE_DIR / language / "LC_MESSAGES" / "django.po"
    catalog = messages.read(path)

    untranslated, different = [], []
    for wanted in messages.gather():
        if not wanted.id:
            continue
        found = catalog.get(wanted.id if isinstance(wanted.id, str) else wanted.id[0], wanted.context)
        if found is None or found.fuzzy or not messages.is_translated(found.string):
            untranslated.append(wanted.id)
        elif not _has_same_placeholders(found):
            different.append(wanted.id)

    assert untranslated == [], "run `make messages`, and translate these in locale/"
    assert different == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    path = messages.LOCALE_DIR / language / "LC_MESSAGES" / "django.po"

    assert path.with_suffix(".mo").read_bytes() == messages.compiled(messages.read(path)), "run `make messages`"


def test_templates_and_python_are_gathered_with_context_and_plural() -> None:
    catalog = messages.gather()

    assert catalog.get("j M, H:i", "date format")
    assert catalog.get("$%(amount)s", "money")
    assert any(isinstance(message.id, tuple) for message in catalog)


@pytest.mark.django_db
def test_a_browser_that_asks_for_german_reads_german() -> None:
    answer = Client(headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"}).get("/pricing")

    assert answer.headers["Content-Language"] == "de"
    assert '<html lang="de"' in answer.content.decode()
    assert "Preise" in answer.content.decode()


@pytest.mark.django_db
def test_a_chosen_language_outweighs_the_browsers() -> None:
    client = Client(headers={"accept-language": "en"})

    chosen = client.post("/i18n/setlang/", {"language": "de", "next": "/pricing"})

    assert chosen.headers["Location"] == "/pricing"
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME]["httponly"]
    assert client.get("/pricing").headers["Content-Language"] == "de"


@pytest.mark.django_db
def test_the_staffs_pages_are_english() -> None:
    answer = Client(headers={"accept-language": "de"}).get("/admin/")

    assert answer.headers["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/agents", {}),
        ("/v1/agents", {"name": "", "prompt": 7}),
        ("/v1/calls", {"to_number": "x"}),
        ("/v1/nothing", {}),
    ],
)
def test_v1_speaks_english_whatever_client_and_process_speak(api: ApiClient, path: str, body: dict[str, Any]) -> None:
    english = api.post(path, body)

    with translation.override("de"):
        german = api.post(path, body, accept_language="de", cookie="django_language=de")

    assert german.status_code == english.status_code >= 400
    assert german.json()["error"]["message"] == english.json()["error"]["message"]
    assert "Content-Language" not in german.headers


def test_numbers_money_and_times_have_their_german_form() -> None:
    moment = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
    with translation.override("de"):
        assert site.money(1_234_500_000) == "1.234,50\u00a0$"
        assert site.number(1234.5, 1) == "1.234,5"
        assert site.milliseconds(1234) == "1,2 s"
        assert ">3. Nov. 2026</time>" in site.when(moment, "date")
        assert ">3. November 2026, 14:05</time>" in site.when(moment, "long")
    with translation.override("en"):
        assert site.money(1_234_500_000) == "$1,234.50"
        assert ">3 Nov 2026</time>" in site.when(moment, "date")


def _has_same_placeholders(message: Message) -> bool:
    ids = (message.id,) if isinstance(message.id, str) else message.id
    strings = (message.string,) if isinstance(message.string, str) else message.string
    wanted = sorted(PLACEHOLDER.findall(ids[-1]))
    return all(sorted(PLACEHOLDER.findall(string)) == wanted for string in strings)
