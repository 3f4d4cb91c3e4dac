"""/docs in a real browser: the reader's key, the language of samples, and running a request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from agents.models import Agent
from conftest import make_key
from tests.web_processes import web_process

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]

HOSTILE = 'va_test_"; rm -rf / <img src=x onerror=alert(1)>'


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[str]:
    directory: Path = tmp_path_factory.mktemp("web")
    with web_process(directory / "web.log") as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def docs(page: Page, address: str) -> Iterator[Page]:
    """The page of agents. Whatever the policy refuses or a script throws fails the test."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    page.goto(f"{address}/docs/api/agents")
    yield page
    assert wrong == []


def key_field(page: Page) -> Any:
    return page.get_by_label("Your API key")


def section(page: Page, operation: str) -> Any:
    return page.locator(f'section[aria-labelledby="{operation}"]')


def test_a_key_fills_the_samples_and_stays_in_the_tab(docs: Page, agent: Agent, address: str) -> None:
    key = make_key(agent.account, mode="test")

    key_field(docs).fill(key)
    docs.goto(f"{address}/docs/api/calls")

    expect(section(docs, "calls_create").locator("pre").first).to_contain_text(f"Bearer {key}")
    assert docs.evaluate("[Object.values(localStorage).join(), document.cookie].join()").count(key) == 0
    key_field(docs).fill("")
    expect(section(docs, "calls_create").locator("pre").first).to_contain_text("Bearer YOUR_API_KEY")


def test_what_is_no_key_comes_into_no_sample(docs: Page) -> None:
    key_field(docs).fill(HOSTILE)

    expect(docs.get_by_text("That is not a key of ours")).to_be_visible()
    expect(section(docs, "agents_create").locator("pre").first).to_contain_text("Bearer YOUR_API_KEY")
    assert docs.locator("img").count() == 0
    docs.reload()
    expect(key_field(docs)).to_have_value("")


def test_the_language_of_samples_is_remembered(docs: Page, address: str) -> None:
    section(docs, "agents_create").get_by_role("radio", name="Python").check()

    expect(section(docs, "agents_list").locator("pre", has_text="page = client.agents.list(")).to_be_visible()
    docs.goto(f"{address}/docs/api/voices")
    expect(section(docs, "voices_list").locator("pre", has_text="page = client.voices.list(")).to_be_visible()
    expect(section(docs, "voices_list").locator("pre", has_text="curl")).to_be_hidden()


def test_a_test_key_runs_and_the_answer_is_text(docs: Page, agent: Agent) -> None:
    Agent.objects.filter(pk=agent.pk).update(status=Agent.Status.ARCHIVED)
    key_field(docs).fill(make_key(agent.account, mode="test"))
    making = section(docs, "agents_create")
    making.get_by_text("Run it here").click()
    making.get_by_label("Body").fill('{"name": "<img src=x onerror=alert(1)>", "voice": "joe"}')
    making.get_by_role("button", name="Run", exact=True).click()

    outcome = making.locator("[data-docs-outcome]")
    expect(outcome).to_contain_text("201")
    expect(outcome).to_contain_text(" ms")
    expect(outcome).to_contain_text("X-RateLimit-Remaining: ")
    expect(outcome).to_contain_text('"name": "<img src=x onerror=alert(1)>"')
    assert docs.locator("img").count() == 0
    assert Agent.objects.filter(account=agent.account, status=Agent.Status.ACTIVE).count() == 1


def asked_of(docs: Page) -> list[str]:
    """What the page asks for from now on, but for its own icon: that comes when the browser likes."""
    asked: list[str] = []
    docs.on("request", lambda request: None if request.url.endswith("/icon.svg") else asked.append(request.url))
    return asked


@pytest.mark.parametrize(("mode", "words"), [("live", "That is a live key."), ("", "Paste a test key above first")])
def test_nothing_runs_without_a_test_key(docs: Page, agent: Agent, mode: str, words: str) -> None:
    asked = asked_of(docs)
    key_field(docs).fill(make_key(agent.account, mode=mode) if mode else "")
    listing = section(docs, "agents_list")
    listing.get_by_text("Run it here").click()
    listing.get_by_role("button", name="Run", exact=True).click()

    expect(listing.locator("[data-docs-outcome]")).to_contain_text(words)
    assert [url for url in asked if "/v1/" in url] == []


@pytest.mark.parametrize(
    "path", ["https://example.com/v1/agents", "//example.com/v1/", "/accounts/login/", "/v1/../admin/"]
)
def test_a_key_goes_nowhere_but_to_v1(docs: Page, agent: Agent, path: str) -> None:
    asked = asked_of(docs)
    key_field(docs).fill(make_key(agent.account, mode="test"))
    listing = section(docs, "agents_list")
    listing.get_by_text("Run it here").click()
    listing.locator("[name=path]").fill(path)
    listing.get_by_role("button", name="Run", exact=True).click()

    expect(listing.locator("[data-docs-outcome]")).to_contain_text("The address must begin with /v1/.")
    assert asked == []


def test_without_a_script_every_sample_is_there_to_read(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/docs/api/voices")

    expect(page.locator("pre", has_text="curl")).to_be_visible()
    page.get_by_role("radio", name="JavaScript").check()
    expect(page.locator("pre", has_text="await client.voices.list(")).to_be_visible()
    expect(page.locator("pre", has_text="curl")).to_be_hidden()
    expect(page.get_by_text("Run it here")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("width", [320, 375, 1280])
@pytest.mark.parametrize(
    "path", ["/docs", "/docs/api/calls", "/docs/api/feed", "/docs/guides/self-hosting", "/docs/settings"]
)
def test_nothing_is_wider_than_the_window(page: Page, address: str, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address + path)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
