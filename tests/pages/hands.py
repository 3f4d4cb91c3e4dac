"""What a person does at a keyboard, and what they find in their mail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

PASSWORD: Final = "correct horse battery staple"
MOST_TABS: Final = 60
# What a screen reader calls the thing that has the focus.
NAME_OF_FOCUS: Final = """
() => {
  const one = document.activeElement;
  if (!one || one === document.body) return "";
  return (one.getAttribute("aria-label") || one.labels?.[0]?.innerText || one.innerText || one.value || "").trim();
}
"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus."""
    passed = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(NAME_OF_FOCUS))
        if passed[-1].startswith(name):
            return
    raise AssertionError(f"Tab does not lead to {name!r}, but to {passed}")


def type_into(page: Page, name: str, text: str) -> None:
    tab_to(page, name)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def press(page: Page, name: str) -> None:
    """Follow a link or press a button, and wait for the page that it leads to."""
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def link_in_mail(var_dir: Path, address: str) -> str:
    """The path of the link to confirm this address that was mailed to it last."""
    mails = sorted((var_dir / "mail").iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
    text = next(text for mail in mails if f"To: {address}" in (text := mail.read_text()))
    found = re.search(r"https?://[^/\s]+(/accounts/confirm-email/\S+)", text)
    assert found is not None, text
    return found[1]
