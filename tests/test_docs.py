"""What can be set, sent or answered is documented."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_setting_is_documented_and_every_documented_setting_is_there():
    read = set(re.findall(r"\benv\.[a-z_]+\(\s*[\"']([A-Z0-9_]+)[\"']", (ROOT / "vaniagent/settings.py").read_text()))
    documented = set(re.findall(r"^\| `([A-Z0-9_]+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))

    assert read - documented == set()
    assert documented - read == set()


def test_the_readme_names_only_what_is_there():
    readme = (ROOT / "README.md").read_text()

    for link in re.findall(r"\]\((?!http)([^)#]+)\)", readme):
        assert (ROOT / link).exists(), link
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^ {4}|`)make ([a-z-]+)", readme, re.MULTILINE)) - targets == set()


def test_every_risk_of_security_has_tests_that_are_there():
    page = (ROOT / "docs/security.md").read_text()
    risks = re.findall(r"^\| (API\d+) .*$", page, re.MULTILINE)
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", page)

    assert risks == [f"API{number}" for number in range(1, 11)]
    for row in re.findall(r"^\| API\d+ .*$", page, re.MULTILINE):
        assert "::test_" in row
    for path, name in named:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), f"{path}::{name}"
