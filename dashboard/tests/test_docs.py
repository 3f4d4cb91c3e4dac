"""/docs: every operation has its section, the reader's own is in it, and links lead somewhere."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import Account, Membership
from agents.models import Agent
from calls.services import starting
from conftest import make_agent
from dashboard.reference import catalog, operations, pages, prose, reader
from vaniagent import asyncapi, openapi
from webhooks import services as webhooks

pytestmark = pytest.mark.django_db

PATHS = ["/docs", "/docs/search?q=call", *(page.url for page in catalog.PAGES.values())]
DOCUMENT = openapi.document()
OPERATIONS = [(path, method, its) for path, methods in DOCUMENT["paths"].items() for method, its in methods.items()]


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def section_of(client: Client, operation: Any) -> str:
    text = text_of(client, f"/docs/api/{operation['tags'][0]}")
    (section,) = re.findall(
        rf'<section [^>]*aria-labelledby="{operation["operationId"]}".*?</section>', text, re.DOTALL
    )
    return str(section)


@pytest.mark.parametrize("path", PATHS)
def test_everybody_reads_it(client: Client, path: str) -> None:
    text = text_of(client, path)

    assert len(re.findall(r"<h1[ >]", text)) == 1
    assert not re.search(r"\s(style|on[a-z]+)=", text)
    assert not re.search(r"<script(?![^>]*nonce=)", text)
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize(
    ("path", "method", "operation"), OPERATIONS, ids=[its["operationId"] for *_, its in OPERATIONS]
)
def test_every_operation_has_its_section(client: Client, path: str, method: str, operation: Any) -> None:
    section = section_of(client, operation)

    assert f"{method.upper()}</span> <code>{path}</code>" in section
    fields = set(re.findall(r'<p class="docs-field">\s*<code>([^<]+)</code>', section))
    shapes = operations._Reader(catalog.PAGES[operation["tags"][0]])._shapes
    parameters = {shapes.resolve(one)["name"] for one in operation.get("parameters", [])}
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    assert fields >= parameters | set(shapes.resolve(body).get("properties", {}))
    assert {*operation["responses"]} == set(re.findall(r'docs-status[^>]*">(\d{3})</span>', section)) - {""}
    for status in operation["responses"]:
        if status >= "400":
            answer = shapes.resolve(operation["responses"][status])
            code = operations._example_of(answer["content"]["application/json"])["error"]["code"]
            assert f"<code>{code}</code>" in section
    samples = 5 if "Without an SDK" in section else 3
    assert section.count("<pre ") == samples + ('class="docs-answer"' in section)


def test_every_resource_has_a_page() -> None:
    tags = {operation["tags"][0] for _path, _method, operation in OPERATIONS}

    assert {page.resource for page in catalog.PAGES.values() if page.resource} == tags


def test_every_operation_has_words_of_its_own_page() -> None:
    told = {place for page in catalog.PAGES.values() if page.resource for place in prose.read(page.source).operations}

    wanted = {
        (method, prose.without_ids(path)) for path, method, operation in OPERATIONS if operation["tags"] != ["openapi"]
    }
    assert wanted - told == set()
    for page in catalog.PAGES.values():
        for words in prose.read(page.source).operations.values():
            assert not words.endswith(":")
            assert not words[:1].islower()


def test_fields_have_the_words_of_the_table_that_is_theirs(client: Client) -> None:
    text = html.unescape(text_of(client, "/docs/api/webhook_deliveries"))

    # An attempt's `response`, not a delivery's, and folded.
    assert re.search(
        r"<details.*<code>response</code>.*The first 1,000 characters of the answer.*</details>", text, re.S
    )
    assert "Fields of <code>attempts</code>" in text


@pytest.mark.parametrize("path", ["/docs/api/feed", "/docs/api/events"])
def test_every_message_is_on_its_page(client: Client, path: str) -> None:
    anchors = set(re.findall(r'id="message\.([^"]+)"', text_of(client, path)))

    messages = set(asyncapi.document()["components"]["messages"])
    posted = {name for name in messages if name.startswith("webhook.")}
    assert anchors == (posted if path.endswith("events") else messages - posted)


def test_links_lead_somewhere(client: Client) -> None:
    texts = {path: text_of(client, path) for path in PATHS}
    for path, text in texts.items():
        for link in set(re.findall(r'<a [^>]*href="([^"]+)"', text)):
            target = urlsplit(html.unescape(link))
            if target.scheme or target.path.startswith("/accounts/"):
                continue
            where = target.path or urlsplit(path).path
            if where not in texts:
                assert client.get(where).status_code == 200, (path, link)
            if target.fragment:
                there = texts[where] if target.path else text
                assert f'id="{target.fragment}"' in there, (path, link)


def test_a_link_to_what_has_no_page_is_words(client: Client) -> None:
    text = text_of(client, "/docs/guides/self-hosting")

    assert "CHANGELOG.md" in text
    assert 'href="../' not in text


# --- The reader's own ---


def test_signed_out_samples_have_placeholders_and_this_address(client: Client, settings: Any) -> None:
    settings.PUBLIC_URL = "https://calls.example.com"

    text = text_of(client, "/docs/api/calls")

    assert "https://calls.example.com/v1/calls/call_xyz789" in text
    assert "api.vaniagent.com" not in text
    assert "wss://calls.example.com/v1/ws" in text_of(client, "/docs/api/feed")


def test_samples_have_the_readers_newest_ids(browser: Client, account: Account, agent: Agent) -> None:
    newest = make_agent(account)
    archived = make_agent(account)
    Agent.objects.filter(pk=archived.pk).update(status=Agent.Status.ARCHIVED)
    call = starting.start_call(
        account=account, agent=agent, api_key=None, to_number="+15005550100", from_number=None, metadata={},
        at=timezone.now(),
    )  # fmt: skip
    endpoint = webhooks.create_endpoint(
        account=account, url="https://example.com/hook", events=["call.completed"], description=""
    )

    calls, agents = text_of(browser, "/docs/api/calls"), text_of(browser, "/docs/api/agents")

    assert call.public_id in calls
    assert newest.public_id in calls
    assert archived.public_id not in agents
    for placeholder in ("agent_abc123", "call_xyz789"):
        assert placeholder not in calls
    assert endpoint.public_id in text_of(browser, "/docs/api/webhook_endpoints")


def test_a_viewer_reads_no_endpoints(account: Account, log_in: Callable[..., Client]) -> None:
    webhooks.create_endpoint(account=account, url="https://example.com/hook", events=["call.completed"], description="")

    assertContains(log_in(account, Membership.Role.VIEWER).get("/docs/api/webhook_endpoints"), "we_abc123")


def test_others_ids_are_not_in_it(browser: Client, other_account: Account) -> None:
    theirs = make_agent(other_account)

    assertNotContains(browser.get("/docs/api/agents"), theirs.public_id)


def test_what_is_filled_in_is_text(account: Account, settings: Any) -> None:
    account.public_id = 'acct_"><script>alert(1)</script>'
    settings.PUBLIC_URL = "https://example.com/'\"><img src=x>"

    filled = reader.filled("curl https://api.vaniagent.com/v1 acct_abc123", account=account, membership=None)

    assert "<script>" not in filled
    assert "<img" not in filled


@pytest.mark.parametrize("path", ["/docs/api/calls", "/docs/api/webhook_endpoints"])
def test_queries_do_not_grow(browser: Client, account: Account, path: str) -> None:
    make_agent(account)
    browser.get(path)
    with CaptureQueriesContext(connection) as few:
        browser.get(path)
    for _ in range(30):
        make_agent(account)
    with CaptureQueriesContext(connection) as many:
        browser.get(path)

    assert len(many) == len(few) <= 8


def test_signed_out_no_page_asks_the_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        for path in PATHS:
            client.get(path)


# --- The chosen language of samples, search, languages, weight ---


@pytest.mark.parametrize(("cookie", "opened"), [("python", "python"), ("", "sh"), ('"><script>', "sh")])
def test_samples_open_in_the_language_chosen_last(client: Client, cookie: str, opened: str) -> None:
    client.cookies["docs_language"] = cookie

    text = text_of(client, "/docs/api/voices")

    assert re.findall(r'value="(\w+)"\s+data-docs-tab\s+checked', text) == [opened]


def test_search_finds_sections_headings_first(client: Client) -> None:
    text = text_of(client, "/docs/search?q=Idempotency")

    first = re.search(r'<ul class="docs-found">.*?href="([^"]+)"', text, re.DOTALL)
    assert first is not None
    assert first[1] == "/docs/api/errors#idempotency"


@pytest.mark.parametrize(
    "words", ["", "   ", "nothing-has-this", "<script>alert(1)</script>", '"><img src=x>', "x" * 500]
)
def test_any_words_may_be_searched_for(client: Client, words: str) -> None:
    response = client.get("/docs/search", {"q": words})

    assert response.status_code == 200
    assertNotContains(response, "<script>alert")
    assertNotContains(response, "<img")


def test_the_frame_is_in_the_readers_language_and_the_reference_in_english(client: Client) -> None:
    response = client.get("/docs/api/calls", headers={"Accept-Language": "de"})

    assertContains(response, '<html lang="de"')
    assertContains(response, "Im Rumpf")
    assertContains(response, '<div class="docs-prose" lang="en">')


def test_a_page_weighs_little(client: Client) -> None:
    shared = 0
    for path in re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js))"', text_of(client, "/docs/api/calls")):
        found = finders.find(path)
        assert found
        shared += len(gzip.compress(Path(found).read_bytes()))
    heaviest = max(len(gzip.compress(text_of(client, path).encode())) for path in PATHS)

    assert shared + heaviest < 100_000


def test_colours_of_programs_are_tokens() -> None:
    css = Path(str(finders.find("css/pages/docs.css"))).read_text()

    assert not re.search(r"#[0-9a-f]{3,8}\b(?!;?\s*\{)", css)
    assert pages.LANGUAGES == ("sh", "python", "js")
