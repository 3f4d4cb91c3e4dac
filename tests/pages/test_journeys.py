"""From sign-up to the first call: by keyboard alone, and with JavaScript off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from ops.sample_site import Site
from tests.pages.hands import PASSWORD, link_in_mail, press, tab_to, type_into

LAND = {"width": 1280, "height": 800}


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with site.context(browser, "nobody", viewport=LAND) as context:
        yield context.new_page()


@pytest.fixture
def plain(browser: Browser, site: Site) -> Iterator[Page]:
    """Without JavaScript."""
    with site.context(browser, "nobody", viewport=LAND, java_script_enabled=False) as context:
        yield context.new_page()


def test_by_keyboard_from_sign_up_to_the_first_call(page: Page, site: Site) -> None:
    page.goto("/")
    press(page, "Sign up")
    type_into(page, "E-mail", "keys@example.com")
    type_into(page, "Password", PASSWORD)
    press(page, "Sign up")
    page.goto(link_in_mail(site.var_dir, "keys@example.com"))
    press(page, "Yes, continue")
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    press(page, "Calls")
    press(page, "Place a call")
    tab_to(page, "Agent")
    page.keyboard.press("ArrowDown")
    type_into(page, "Number to call", "+15005550001")
    press(page, "Place the call")

    expect(page).to_have_url(f"{site.url}/calls/call_{page.url.rpartition('_')[2]}")
    expect(page.get_by_role("heading", level=1)).to_have_text("+15005550001")


def test_without_scripts_every_page_answers(browser: Browser, site: Site) -> None:
    without_heading = []
    for who in ("owner", "fresh", "nobody"):
        with site.context(browser, who, java_script_enabled=False) as context:
            tab = context.new_page()
            for each in (one for one in site.pages if one.who == who):
                tab.goto(each.path)
                if tab.locator("h1").count() != 1 or not tab.locator("h1").is_visible():
                    without_heading.append(each.title)

    assert without_heading == []


def test_without_scripts_from_sign_up_to_a_call_a_key_and_a_webhook(plain: Page, site: Site) -> None:
    plain.goto("/accounts/signup/")
    plain.get_by_label("E-mail").fill("plain@example.com")
    plain.get_by_label("Password").fill(PASSWORD)
    plain.get_by_role("button", name="Sign up").click()
    plain.goto(link_in_mail(site.var_dir, "plain@example.com"))
    plain.get_by_role("button", name="Yes, continue").click()

    plain.goto("/agents")
    plain.get_by_role("link", name="Reception").first.click()
    plain.get_by_label("First message").fill("Hello without scripts.")
    plain.get_by_role("button", name="Save", exact=True).click()
    expect(plain.locator("body")).to_contain_text("version 2")

    plain.goto("/calls/new")
    plain.get_by_label("Number to call").fill("+15005550001")
    plain.get_by_role("button", name="Place the call").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("+15005550001")
    plain.goto("/calls?status=initiated")
    expect(plain.get_by_role("link", name="+15005550001")).to_be_visible()

    plain.goto("/settings/keys")
    plain.get_by_label("Name").fill("Plain")
    plain.get_by_role("button", name="Make the key").click()
    key = plain.locator("#new-key-text").inner_text().strip()
    answer = requests.get(f"{site.url}/v1/calls", headers={"Authorization": f"Bearer {key}"}, timeout=10)
    assert [call["to_number"] for call in answer.json()["data"]] == ["+15005550001"]

    plain.goto("/settings/webhooks/new")
    plain.get_by_label("Address").fill("http://127.0.0.1:9/hook")
    plain.get_by_label("call.completed").check()
    plain.get_by_role("button", name="Add it").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("The endpoint is ready")


def test_a_form_is_sent_once_however_often_its_button_is_clicked(browser: Browser, site: Site) -> None:
    """The answer to the first may say what no other does, such as a signing secret."""
    with site.context(browser, "owner", viewport=LAND) as context:
        tab = context.new_page()
        sent = []
        tab.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        tab.goto("/settings/dialing-rules")
        tab.get_by_role("button", name="Save").dblclick()
        expect(tab.get_by_text("Saved.")).to_be_visible()

    assert len(sent) == 1
