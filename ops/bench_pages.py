"""`make bench ARGS=pages`: how soon pages are painted in a browser, whether they move, and how late words are on a live page.

Pages are loaded by turns with an empty cache, as they are served in production: the list of calls of a workspace with
none and of one with 100,000, and others beside it. A page without a row of a database is what they are held against.
Then ten live calls are open at once while words are recorded in each.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import psycopg
from playwright.sync_api import Browser, sync_playwright

from ops.chromium import CHROMIUM, OPTIONS
from ops.load import call_table
from ops.load.child import Child
from ops.sample_site import Site, manage, sample_site

ROUNDS: Final = 7
LIVE_CALLS: Final = 10
A_SECOND: Final = 2.0
SECONDS: Final = 15.0
# What is aimed at.
PAINT_MS, SHIFT, WORDS_P95_MS = 1200.0, 0.05, 200.0

BASELINE: Final = "no rows (/pricing)"
LARGE: Final = """
from accounts.models import Account, Membership, User
from ops import sample

user = User.objects.create_user("large@localhost.localdomain")
Membership.objects.create(user=user, account=Account.objects.get(pk={account}), role="owner")
print(sample.session_of(user))
"""
LIVE: Final = """
import json
from django.utils import timezone
from accounts.models import User
from ops import sample

account = User.objects.get(email=sample.OWNER).memberships.get().account
agent = account.agents.get(public_id="{agent_id}")
print(json.dumps([sample.live_call(account, agent, timezone.now()).public_id for _ in range({count})]))
"""
# Largest paint, shift and the moment of the answer's first byte, once nothing more is painted.
MEASURE: Final = """
() => new Promise((resolve) => {
  const told = { paint: 0, shift: 0, first: performance.getEntriesByType("navigation")[0].responseStart };
  new PerformanceObserver((list) => { for (const one of list.getEntries()) told.paint = one.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) told.shift += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(told), 400);
})
"""
# When each of the recorded times was painted: their text is the clock of the program that recorded them.
WATCH: Final = """
() => {
  window.painted = [];
  const lines = document.querySelector("[data-lines]");
  new MutationObserver((changes) => {
    for (const change of changes) for (const line of change.addedNodes) {
      const said = line.querySelector?.("p")?.textContent ?? "";
      if (/^0+\\d*[.]\\d+$/.test(said)) {
        requestAnimationFrame(() => setTimeout(() => painted.push([Number(said), performance.timeOrigin + performance.now()])));
      }
    }
  }).observe(lines, { childList: true });
}
"""


@dataclass(frozen=True)
class Loaded:
    """Milliseconds to the first byte and to the largest paint, and the sum of what moved."""

    first: float
    paint: float
    shift: float


def run(*, rows: int) -> dict[str, Any]:
    """Measure, print what came out, and give it."""
    with sample_site() as site, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        large = site.with_session("large", fill(site, rows))
        loaded = load_by_turns(chromium, large, pages(large, rows))
        report_pages(loaded)
        delays = follow_live_calls(chromium, site)
        report_words(delays)
        chromium.close()
    return {"pages": {name: [asdict(it) for it in all_of] for name, all_of in loaded.items()}, "words_ms": delays}


def fill(site: Site, rows: int) -> str:
    """A workspace with so many calls; gives a session of its owner's."""
    with psycopg.connect(site.env["DATABASE_URL"], autocommit=True) as link:
        account = call_table.add_account(link, "large")
        call_table.add_agent(link, account)
        call_table.add_calls(link, account, rows)
        call_table.settle(link)
    return manage(site.env, "shell", "--no-imports", "-c", LARGE.format(account=account)).split()[-1]


def pages(site: Site, rows: int) -> Mapping[str, tuple[str, str]]:
    """Each page by its name: who looks, and at what."""
    return {
        BASELINE: ("nobody", "/pricing"),
        "calls, none": ("fresh", "/calls"),
        "calls, 61": ("owner", "/calls"),
        f"calls, {rows:,}": ("large", "/calls"),
        f"search in {rows:,}": ("large", "/calls?q=cleaning"),
        f"home, {rows:,}": ("large", "/"),
        "a call, with player": ("owner", f"/calls/{site.ids['call_id']}"),
        "an agent": ("owner", f"/agents/{site.ids['agent_id']}"),
    }


def load_by_turns(chromium: Browser, site: Site, wanted: Mapping[str, tuple[str, str]]) -> dict[str, list[Loaded]]:
    loaded: dict[str, list[Loaded]] = {name: [] for name in wanted}
    # The first turn warms the server up.
    for turn in range(ROUNDS + 1):
        for name, (who, path) in wanted.items():
            with site.context(chromium, who, viewport={"width": 1280, "height": 800}) as context:
                tab = context.new_page()
                tab.goto(path, wait_until="load")
                told = tab.evaluate(MEASURE)
            if turn:
                loaded[name].append(Loaded(**told))
    return loaded


def report_pages(loaded: Mapping[str, Sequence[Loaded]]) -> None:
    print(f"Cold loads by turns, median of {ROUNDS} (aim: paint {PAINT_MS:.0f} ms, shift {SHIFT})")
    print(f"{'':<24} {'first byte, ms':>14} {'largest paint, ms':>18} {'worst':>8} {'times bare':>10} {'shift':>7}")
    bare = statistics.median(it.paint for it in loaded[BASELINE])
    for name, all_of in loaded.items():
        paint = statistics.median(it.paint for it in all_of)
        first = statistics.median(it.first for it in all_of)
        worst, shift = max(it.paint for it in all_of), max(it.shift for it in all_of)
        print(f"{name:<24} {first:>14.0f} {paint:>18.0f} {worst:>8.0f} {paint / bare:>10.2f} {shift:>7.3f}")


def follow_live_calls(chromium: Browser, site: Site) -> list[float]:
    """Milliseconds from just before an event is recorded, its transaction included, until its words are painted."""
    made = manage(site.env, "shell", "--no-imports", "-c", LIVE.format(agent_id=site.ids["agent_id"], count=LIVE_CALLS))
    call_ids = json.loads(made.splitlines()[-1])
    with ExitStack() as windows, Child("ops.load.feed_events", env=site.env) as talker:
        # A window each, as people have them: of several tabs in one window Chromium paints all but one once a second.
        tabs = [windows.enter_context(site.context(chromium, "owner")).new_page() for _ in call_ids]
        for tab, call_id in zip(tabs, call_ids, strict=True):
            tab.goto(f"/calls/{call_id}", wait_until="load")
            tab.locator("[data-live-status]", has_text="Live").wait_for()
            tab.evaluate(WATCH)
        expected = talker.ask("record", call_ids=call_ids, a_second=A_SECOND, seconds=SECONDS) * len(call_ids)
        ahead = time.time() - time.monotonic()
        tabs[0].wait_for_timeout(2000)
        seen = [pair for tab in tabs for pair in tab.evaluate("() => window.painted")]
    if len(seen) != expected:
        raise RuntimeError(f"{len(seen)} of {expected} words were shown.")
    return [painted - (recorded + ahead) * 1000 for recorded, painted in seen]


def report_words(delays: Sequence[float]) -> None:
    p50, p95, p99 = np.percentile(delays, [50, 95, 99])
    print(
        f"\n{LIVE_CALLS} live calls, a page each, {LIVE_CALLS * A_SECOND:.0f} words a second in all: recorded to painted"
    )
    print(f"p50 {p50:.0f} ms, p95 {p95:.0f} ms (aim: {WORDS_P95_MS:.0f}), p99 {p99:.0f} ms, of {len(delays)}")
