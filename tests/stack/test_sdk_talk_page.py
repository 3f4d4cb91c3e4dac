"""The JavaScript package's example of a page to talk with an agent, in a real browser with a real voice."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ops.customer import Customer
from ops.stack import Stack
from tests.sdks.javascript import Package
from tests.stack.test_talk_in_chromium import TALK_MS, agent, page
from vaniagent.tests import node

pytestmark = pytest.mark.system
__all__ = ["agent", "page"]  # fixtures


def test_the_page_talks(stack: Stack, customer: Customer, agent: str, page: Page, faults: list[str]) -> None:
    package: Path = Package().path
    given = {"VANIAGENT_API_KEY": customer.key, "VANIAGENT_BASE_URL": f"{stack.url}/v1", "AGENT_ID": agent, "PORT": "0"}

    argv = [node.binary(), "examples/talk/server.mjs"]
    with subprocess.Popen(argv, cwd=package, env={**os.environ, **given}, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            page.goto(program.stdout.readline().strip())
            page.get_by_role("button", name="Talk", exact=True).click()
            log = page.get_by_role("log")
            expect(log).to_contain_text("agent: Hello, this is Ava", timeout=TALK_MS)
            expect(log).to_contain_text("cleaning cost", timeout=TALK_MS)
            expect(log).to_contain_text("90 dollars", timeout=TALK_MS)
            page.get_by_role("button", name="Hang up").click()
            expect(page.get_by_role("status")).to_contain_text("user_hangup", timeout=TALK_MS)
            call = customer.wait_for_end(program.stdout.readline().strip(), seconds=20)
        finally:
            program.kill()

    assert (call["status"], call["metadata"]) == ("completed", {"from": "my page"})
    assert [fault for fault in faults if "favicon" not in fault and "404" not in fault] == []
