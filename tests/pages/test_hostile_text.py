"""What an attacker wrote into a workspace is text on every page of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from ops.sample_site import Site, manage
from tests.pages.test_every_page import TELL_OF_REFUSALS

SPOIL = "from ops import sample_hostile; sample_hostile.spoil()"
# Nothing of it became an element, in the page or in what it shows by a script.
FOREIGN = "() => document.querySelectorAll('img[onerror], script:not([nonce]):not([src]):not([type])').length"


@pytest.fixture(scope="module")
def spoiled(site: Site) -> Site:
    manage(site.env, "shell", "--no-imports", "-c", SPOIL)
    return site


def test_it_runs_nowhere(browser: Browser, spoiled: Site) -> None:
    told: list[str] = []
    shown = 0
    with spoiled.context(browser, "owner") as context:
        context.add_init_script(TELL_OF_REFUSALS)
        tab = context.new_page()
        tab.on("dialog", lambda dialog: told.append(f"{tab.url}: {dialog.type}"))
        tab.on("console", lambda said: told.append(f"{tab.url}: {said.text}") if said.type == "error" else None)
        tab.on("pageerror", lambda error: told.append(f"{tab.url}: {error}"))
        for page in (page for page in spoiled.pages if page.who == "owner"):
            answer = tab.goto(page.path, wait_until="load")
            assert answer is not None
            assert answer.status == 200, page
            if tab.evaluate(FOREIGN):
                told.append(f"{tab.url}: an element of theirs")
            shown += "<script>alert(1)</script>" in tab.locator("body").inner_text()

    assert told == []
    assert shown >= 20
