"""What holds for every page: accessible, quiet, as wide as the window, light, and told where the focus is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, Request

from ops import sample_site
from ops.sample_site import Site
from ops.sample_staff import STAFF
from tests.pages.conftest import PROVOKED
from vaniagent.tests import node

AXE_VERSION: Final = "4.10.3"
WIDTHS: Final = (320, 375, 1280)
HEIGHT: Final = 800
# Of HTML, stylesheets and scripts as they go over the wire.
MOST_BYTES: Final = 200_000
MOST_BYTES_OF: Final = {"call": 300_000, "call_live": 300_000}
STAND_FOR_ALL: Final = ("admin_index", "admin_find", "admin_processes", "admin_accounts_account", "admin_calls_call_")
# How often Tab is pressed on a page.
MOST_TABS: Final = 30

TELL_OF_REFUSALS: Final = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`));
"""
RUN_AXE: Final = """
async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.flatMap((violation) =>
  violation.nodes.map((node) => `${violation.id}: ${node.target} ${node.failureSummary.split("\\n")[1] ?? ""}`))
"""
# What reaches beyond the right edge, and is not within something that scrolls by itself.
TOO_WIDE: Final = """
() => {
  const across = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= across) return "";
  const guilty = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > across + 1);
  const name = (one) => `${one.localName}.${[...one.classList].join(".")}`;
  return `${document.documentElement.scrollWidth}: ${guilty.slice(0, 4).map(name).join(", ")}`;
}
"""
# A focus is seen by an outline or a shadow that is not there without it.
FOCUS: Final = """
() => {
  const one = document.activeElement;
  if (!one || one === document.body) return { name: "", isSeen: true };
  const look = (it) => { const s = getComputedStyle(it); return `${s.outlineStyle} ${s.outlineWidth} ${s.boxShadow}`; };
  const isSeenAt = (it) => {
    const s = getComputedStyle(it);
    return (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== "none";
  };
  const label = one.id && document.querySelector(`label[for="${one.id}"]`);
  const box = one.getBoundingClientRect();
  const seen = isSeenAt(one) || isSeenAt(one.parentElement) || (label && isSeenAt(label));
  return { name: `${one.localName}.${[...one.classList].join(".")}#${one.id}`, isSeen: Boolean(seen) && box.width > 0 };
}
"""


@dataclass
class Visit:
    """What became of looking at a page once at each width."""

    said: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    bytes: int = 0
    hidden_focus: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def visits(browser: Browser, site: Site) -> dict[str, Visit]:
    return {page.title: visit(browser, site, page) for page in site.pages if is_of_its_own(page)}


def is_of_its_own(page: sample_site.Page) -> bool:
    """The staff's lists and forms are made by the same few templates: those of accounts and calls stand for all."""
    return page.who != STAFF or page.name.startswith(STAND_FOR_ALL)


def visit(browser: Browser, site: Site, page: sample_site.Page) -> Visit:
    """With an empty cache, so that all of it is fetched."""
    told = Visit()
    viewport = {"width": WIDTHS[-1], "height": HEIGHT}
    with site.context(browser, page.who, viewport=viewport) as context:
        context.add_init_script(TELL_OF_REFUSALS)
        tab = context.new_page()
        fetched: list[Request] = []
        tab.on("requestfinished", lambda request: fetched.append(request))  # Playwright marks what it is given
        tab.on("console", lambda said: told.said.append(said.text) if said.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: told.said.append(str(error)))
        tab.on("dialog", lambda dialog: told.said.append(f"dialog: {dialog.message}"))
        answer = tab.goto(page.path, wait_until="load")
        assert answer is not None
        assert answer.status == 200, page
        tab.wait_for_timeout(150)
        counted = [request for request in fetched if request.resource_type in ("document", "stylesheet", "script")]
        told.bytes = sum(request.sizes()["responseBodySize"] for request in counted)
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": HEIGHT})
            if fault := tab.evaluate(TOO_WIDE):
                told.too_wide.append(f"{width} px: {fault}")
        tab.set_viewport_size(viewport)
        told.hidden_focus = hidden_focus(tab)
    return told


def hidden_focus(tab: Page) -> list[str]:
    found = []
    for _ in range(MOST_TABS):
        tab.keyboard.press("Tab")
        focus = tab.evaluate(FOCUS)
        if not focus["name"]:
            break
        if not focus["isSeen"]:
            found.append(focus["name"])
    return found


def by_person(site: Site) -> Iterator[tuple[str, list[sample_site.Page]]]:
    def who(page: sample_site.Page) -> str:
        return page.who

    for person, pages in groupby(sorted(site.pages, key=who), key=who):
        yield person, list(pages)


def faults(visits: dict[str, Visit], of: Callable[[Visit], Any]) -> dict[str, Any]:
    return {title: fault for title, told in visits.items() if (fault := of(told))}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, site: Site, theme: Any) -> None:
    axe = node.package("axe-core", AXE_VERSION) / "axe.min.js"
    found: dict[str, list[str]] = defaultdict(list)

    for who, pages in by_person(site):
        with site.context(browser, who, color_scheme=theme, bypass_csp=True) as context:
            context.add_init_script(path=axe)
            tab = context.new_page()
            for page in pages:
                tab.goto(page.path, wait_until="load")
                found[page.title] += tab.evaluate(RUN_AXE)

    assert {title: violations for title, violations in found.items() if violations} == {}


def test_no_page_complains_nor_does_what_its_policy_refuses(visits: dict[str, Visit]) -> None:
    assert faults(visits, lambda told: told.said) == {}


def test_browsers_report_what_the_policy_refuses(browser: Browser, site: Site) -> None:
    with site.context(browser, "nobody") as context:
        tab = context.new_page()
        tab.goto("/pricing")
        tab.evaluate(f"() => {{ new Image().src = '{PROVOKED}/x.png'; }}")
        for _ in range(100):
            if reports := [report for report in site.policy_reports() if report["blocked"] == PROVOKED]:
                break
            tab.wait_for_timeout(100)

    assert [(report["page"], report["directive"]) for report in reports] == [("pricing", "img-src")]


def test_no_page_is_wider_than_its_window(visits: dict[str, Visit]) -> None:
    assert faults(visits, lambda told: told.too_wide) == {}


def test_the_focus_is_seen_wherever_tab_leads(visits: dict[str, Visit]) -> None:
    assert faults(visits, lambda told: told.hidden_focus) == {}


def test_pages_are_light(visits: dict[str, Visit]) -> None:
    heavy = {title: told.bytes for title, told in visits.items() if told.bytes > MOST_BYTES_OF.get(title, MOST_BYTES)}

    assert heavy == {}
    assert all(told.bytes > 5_000 for told in visits.values()), "nothing was counted"
