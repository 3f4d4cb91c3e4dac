"""A customer's first day in the dashboard, on the real stack: from sign-up to a webhook that was sent again."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from ops.receiver import Receiver
from ops.stack import Stack
from tests.pages.hands import PASSWORD, link_in_mail
from tests.stack.microphones import new_page

pytestmark = pytest.mark.system

EMAIL: Final = "mara@example.com"
TALK_MS: Final = 60_000
PROMPT: Final = "You are Ava of Bright Smile Dental.\nA cleaning costs 90 dollars.\nWe are open from 9 am to 5 pm."
BUSY_NUMBER: Final = "+15005550001"


def test_from_sign_up_to_a_webhook_sent_again(stack: Stack, open_browser: Callable[..., Browser]) -> None:
    faults: list[str] = []
    page = new_page(open_browser(), faults)
    page.goto(stack.url)

    sign_up(page, stack)
    make_agent(page)
    talk(page)
    look_at_the_call(page)
    with Receiver() as receiver:
        add_webhook(page, receiver)
        call = place_call_with_curl(stack, make_key(page), page)
        replay(page, receiver, call["id"])
    assert faults == []


def sign_up(page: Page, stack: Stack) -> None:
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator("body")).to_contain_text(EMAIL)
    page.goto(f"{stack.url}{link_in_mail(stack.var_dir, EMAIL)}")
    page.get_by_role("button", name="Yes, continue").click()
    expect(page.get_by_role("link", name="Agents").first).to_be_visible()


def make_agent(page: Page) -> None:
    page.get_by_role("link", name="Agents").first.click()
    page.get_by_role("link", name="New agent").first.click()
    page.locator("#id_name").fill("Ava")
    page.get_by_label("Prompt").fill(PROMPT)
    page.get_by_label("First message").fill("Hello, this is Ava from Bright Smile Dental.")
    page.get_by_role("button", name="Make agent").click()


def talk(page: Page) -> None:
    page.get_by_role("button", name="Talk now").click()
    log = page.get_by_role("log", name="What was said")
    for words in ("Bright Smile Dental", "cleaning cost", "90 dollars"):
        expect(log).to_contain_text(words, timeout=TALK_MS)
    assert set(log.locator("li").evaluate_all("lines => lines.map(line => line.dataset.speaker)")) == {"agent", "user"}
    page.get_by_role("button", name="Hang up").click()
    page.get_by_role("link", name="See this call").click()


def look_at_the_call(page: Page) -> None:
    """Both sides are there to read, and to hear once the recording is ready."""
    expect(page.locator("[data-lines]")).to_contain_text("cleaning cost")
    expect(page.locator("[data-lines]")).to_contain_text("90 dollars")
    play = page.get_by_role("button", name="Play", exact=True)
    for _ in range(60):
        if play.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    play.click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(page.locator("[data-player-clock]")).to_have_text(re.compile("^0:0[1-9]"), timeout=TALK_MS)


def add_webhook(page: Page, receiver: Receiver) -> None:
    page.goto(f"{origin(page)}/settings/webhooks/new")
    page.get_by_label("Address").fill(receiver.url)
    page.get_by_role("button", name="Add it").click()
    receiver.secret = page.locator("#signing-secret").inner_text().strip()


def make_key(page: Page) -> str:
    page.goto(f"{origin(page)}/settings/keys")
    page.get_by_label("Name").fill("Terminal")
    page.get_by_role("button", name="Make the key").click()
    return page.locator("#new-key-text").inner_text().strip()


def place_call_with_curl(stack: Stack, key: str, page: Page) -> dict[str, Any]:
    page.goto(f"{stack.url}/agents")
    agent_id = page.get_by_role("link", name="Ava").first.get_attribute("href").rpartition("/")[2]
    body = json.dumps({"agent_id": agent_id, "to_number": BUSY_NUMBER})
    curl = ["curl", "--silent", "--show-error", "--fail-with-body", f"{stack.url}/v1/calls", "--data", body]
    curl += ["--header", f"Authorization: Bearer {key}", "--header", "Content-Type: application/json"]
    return json.loads(subprocess.run(curl, capture_output=True, text=True, timeout=30, check=True).stdout)


def replay(page: Page, receiver: Receiver, call_id: str) -> None:
    told = receiver.wait_for({"call.started", "call.failed"}, call_id=call_id, seconds=30)
    assert [each.event for each in told] == ["call.started", "call.failed"]
    assert all(each.is_genuine for each in told)

    page.goto(f"{origin(page)}/settings/webhooks")
    page.get_by_role("link", name=receiver.url).click()
    page.get_by_role("link", name="call.failed").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("call.failed")
    page.get_by_role("button", name="Send again").first.click()
    expect(page.locator("body")).to_contain_text("It is on its way again.")
    for _ in range(100):
        if len(receiver.deliveries) > len(told):
            break
        page.wait_for_timeout(100)
    again = receiver.deliveries[-1]
    assert (again.event_id, again.body, again.is_genuine) == (told[-1].event_id, told[-1].body, True)
    assert len(receiver.deliveries) == len(told) + 1


def origin(page: Page) -> str:
    return str(page.evaluate("location.origin"))
