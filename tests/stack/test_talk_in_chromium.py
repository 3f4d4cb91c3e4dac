"""A real browser talks with a real agent: a file is its microphone, and the page is looked at as a visitor would."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from ops.customer import ROOT, Customer
from ops.stack import Stack
from tests.stack.microphones import new_page

pytestmark = pytest.mark.system

TALK_MS = 60_000
AGENT = {
    "name": "Ava",
    "voice": "en-US-Neural2-F",
    "prompt": "You are Ava of Bright Smile Dental.\nA cleaning costs 90 dollars.\nWe are open from 9 am to 5 pm.",
    "first_message": "Hello, this is Ava from Bright Smile Dental.",
}
LINK = """
from django.utils import timezone
from agents.models import Agent
from calls.services.talk_links import enable_link

agent = Agent.objects.select_related("account").get(public_id="{agent_id}")
print(enable_link(agent=agent, allowed_origins={origins!r}, at=timezone.now()).slug)
"""


@pytest.fixture
def page(open_browser: Callable[..., Browser], faults: list[str]) -> Page:
    return new_page(open_browser(), faults)


@pytest.fixture
def agent(customer: Customer) -> str:
    return customer.post("/agents", AGENT)["id"]


def make_link(stack: Stack, agent_id: str, *origins: str) -> str:
    code = LINK.format(agent_id=agent_id, origins=list(origins))
    shell = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    made = subprocess.run(shell, cwd=ROOT, env=stack.env, capture_output=True, text=True, timeout=60, check=True)
    return made.stdout.split()[-1]


@contextmanager
def customers_page(server: str, slug: str) -> Iterator[str]:
    """A page of somebody else's with our widget. Gives its origin."""
    html = f'<!DOCTYPE html><title>Shop</title><h1>Shop</h1><script src="{server}/widget.js" data-agent="{slug}" defer></script>'

    class Shop(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", f"default-src 'none'; script-src {server}; frame-src {server}")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop) as shop:
        threading.Thread(target=shop.serve_forever, daemon=True).start()
        yield f"http://localhost:{shop.server_port}"
        shop.shutdown()


def test_a_visitor_talks_and_reads_both_sides(stack: Stack, customer: Customer, agent: str, page: Page, faults):
    page.goto(f"{stack.url}/talk/{make_link(stack, agent)}")
    page.get_by_role("button", name="Talk now").click()

    log = page.get_by_role("log")
    expect(log).to_contain_text("Bright Smile Dental", timeout=TALK_MS)
    expect(log).to_contain_text("cleaning cost", timeout=TALK_MS)
    expect(log).to_contain_text("90 dollars", timeout=TALK_MS)
    expect(log).to_contain_text("open?", timeout=TALK_MS)
    expect(log).to_contain_text("9 am to 5 pm", timeout=TALK_MS)
    expect(log).to_contain_text("answered after", timeout=TALK_MS)
    sides = log.locator("li").evaluate_all("lines => lines.map(line => line.dataset.speaker)")
    assert sides[0] == "agent"
    assert sides.count("agent") >= 3
    assert sides.count("user") >= 2

    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("status")).to_have_text("You hung up.", timeout=TALK_MS)
    expect(page.get_by_role("button", name="Talk again")).to_be_focused()
    calls = customer.get("/calls")["data"]
    assert [(call["status"], call["ended_reason"]) for call in calls] == [("completed", "user_hangup")]
    assert faults == []


def test_the_button_stops_the_agent(stack: Stack, customer: Customer, page: Page, faults):
    agent = customer.post("/agents", {**AGENT, "first_message": "Let me tell you everything. " * 12})["id"]
    page.goto(f"{stack.url}/talk/{make_link(stack, agent)}")
    page.get_by_role("button", name="Talk now").click()
    expect(page.locator(".talk-interim")).to_contain_text("everything", timeout=TALK_MS)
    page.wait_for_timeout(2000)

    page.get_by_role("button", name="Stop speaking").click()

    expect(page.get_by_role("log")).to_contain_text("interrupted", timeout=3000)
    page.close()
    call = customer.wait_for_end(customer.get("/calls")["data"][0]["id"], seconds=20)
    assert (call["status"], call["ended_reason"]) == ("completed", "user_hangup")
    assert faults == []


def test_a_blocked_microphone_is_told_in_words_and_costs_nothing(
    stack: Stack, customer: Customer, agent: str, open_browser, faults
):
    page = new_page(open_browser("--use-fake-device-for-media-stream", "--deny-permission-prompts"), faults)
    page.goto(f"{stack.url}/talk/{make_link(stack, agent)}")
    page.get_by_role("button", name="Talk now").click()

    expect(page.get_by_role("status")).to_contain_text("The microphone is blocked for this page.")
    expect(page.get_by_role("button", name="Talk again")).to_be_visible()
    assert customer.get("/calls")["data"] == []


def test_the_widget_opens_a_talk_on_a_page_that_the_link_names(
    stack: Stack, customer: Customer, agent: str, page: Page, faults
):
    slug = make_link(stack, agent)
    with customers_page(stack.url, slug) as origin:
        make_link(stack, agent, origin)
        page.goto(origin)
        page.get_by_role("button", name="Talk to us").click()

        frame = page.frame_locator("iframe")
        frame.get_by_role("button", name="Talk now").click()
        expect(frame.get_by_role("log")).to_contain_text("Bright Smile Dental", timeout=TALK_MS)
        # Chromium never answers a key that is let go in a frame which has gone meanwhile.
        page.keyboard.down("Escape")
        expect(page.locator("iframe")).to_have_count(0)
        page.keyboard.up("Escape")
        page.get_by_role("button", name="Talk to us").click()
        expect(frame.get_by_role("button", name="Talk now")).to_be_visible()

    call = customer.wait_for_end(customer.get("/calls")["data"][0]["id"], seconds=20)
    assert call["ended_reason"] == "user_hangup"
    assert faults == []


def test_other_pages_do_not_get_to_show_it(stack: Stack, agent: str, page: Page, faults):
    slug = make_link(stack, agent, "https://shop.example")
    with customers_page(stack.url, slug) as origin:
        page.goto(origin)
        page.get_by_role("button", name="Talk to us").click()
        page.wait_for_timeout(1500)

        assert page.frame_locator("iframe").get_by_role("button", name="Talk now").count() == 0
    assert any("frame-ancestors" in fault for fault in faults)
