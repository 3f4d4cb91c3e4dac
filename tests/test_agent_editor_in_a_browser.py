"""The editor of an agent in a real browser: what is not saved, what is typed meanwhile, what somebody else saved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import Account, Membership, User
from agents import services as agents
from agents.models import Agent

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def editor(page: Page, live_server: Any, account: Account, agent: Agent) -> Iterator[Page]:
    """The page of an agent, open in the browser of an owner. What the policy refuses fails the test."""
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    client = Client()
    client.force_login(
        User.objects.get(memberships__account=account, memberships__role=Membership.Role.OWNER),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page.goto(f"{live_server.url}/agents/{agent.public_id}")
    yield page
    assert refused == []


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def test_a_save_gives_the_talk_its_version(editor: Page, agent: Agent) -> None:
    state, panel = editor.locator("#agent-state"), editor.locator("[data-talk]")

    editor.locator("#id_name").fill("Eve")
    expect(state).to_contain_text("Not saved yet. A talk is with version 1.")
    save(editor)

    expect(state).to_contain_text("Saved as version 2.")
    expect(panel).to_have_attribute("data-talk-version", "2")
    expect(editor.get_by_role("heading", level=1)).to_have_text("Eve")
    assert agents.get_version(agent=agent, number=2).name == "Eve"


def test_what_is_typed_while_a_refusal_is_on_its_way_stays(editor: Page, agent: Agent) -> None:
    editor.evaluate("document.querySelector('#agent-form').noValidate = true")
    editor.get_by_label("Longest call").fill("5")
    editor.evaluate(
        """() => {
          document.querySelector("#agent-form").requestSubmit();
          const prompt = document.querySelector("[name=prompt]");
          prompt.value += " Typed meanwhile.";
        }"""
    )

    expect(editor.locator("#id_max_duration_error")).to_be_visible()
    expect(editor.get_by_label("Longest call")).to_be_focused()
    assert editor.get_by_label("Prompt").input_value().endswith(" Typed meanwhile.")

    editor.get_by_label("Longest call").fill("500")
    save(editor)
    expect(editor.locator("#agent-state")).to_contain_text("Saved as version 2.")
    assert agents.get_version(agent=agent, number=2).prompt.endswith(" Typed meanwhile.")


def test_somebody_else_s_version_is_told_and_mine_goes_on_top(editor: Page, agent: Agent) -> None:
    agents.update_agent(agent=agent, settings={"voice": "joe"})
    editor.get_by_label("First message").fill("Mine.")
    save(editor)

    expect(editor.get_by_role("alert")).to_contain_text("Nothing of yours is lost")
    expect(editor.get_by_label("First message")).to_have_value("Mine.")
    assert agents.versions_of(agent).count() == 2

    editor.get_by_role("button", name="Save my changes on top of theirs").click()
    expect(editor.locator("#agent-state")).to_contain_text("Saved as version 3.")
    expect(editor.get_by_label("Voice", exact=True)).to_have_value("joe")
    expect(editor.locator("[data-talk]")).to_have_attribute("data-talk-version", "3")
