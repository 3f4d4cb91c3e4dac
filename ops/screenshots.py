"""`make screenshots`: every page of the dashboard, wide and narrow, light and dark, into var/screenshots/.

Arguments name pages ("calls", "call_live", "home-fresh"); without any, all are taken.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, sync_playwright

from ops.chromium import CHROMIUM, OPTIONS
from ops.sample_site import ROOT, Page, Site, sample_site

FOLDER: Final = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve() / "screenshots"
WIDTHS: Final = {"wide": (1280, 800), "narrow": (375, 812)}
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


def main(wanted: list[str]) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sample_site() as site, sync_playwright() as playwright:
        if unknown := set(wanted) - {page.title for page in site.pages}:
            print(f"There is no page {', '.join(sorted(unknown))}.", file=sys.stderr)
            return 2
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        pages = [page for page in site.pages if not wanted or page.title in wanted]
        for who in sorted({page.who for page in pages}):
            take(chromium, site, who, [page for page in pages if page.who == who], FOLDER)
        chromium.close()
    print(f"{len(pages) * len(WIDTHS) * len(THEMES)} pictures are in {FOLDER}.")
    return 0


def take(chromium: Browser, site: Site, who: str, pages: list[Page], folder: Path) -> None:
    """Pictures of these pages as one person sees them."""
    for width, (across, down) in WIDTHS.items():
        for theme in THEMES:
            viewport = {"width": across, "height": down}
            with site.context(chromium, who, viewport=viewport, color_scheme=theme) as context:
                tab = context.new_page()
                for page in pages:
                    tab.goto(page.path, wait_until="load")
                    tab.wait_for_timeout(250)  # a chart or a waveform is drawn
                    tab.screenshot(path=folder / f"{page.title}-{width}-{theme}.png", full_page=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
