"""Every line of the contract has a test: `lines.md` names them."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def test_every_line_names_tests_that_are_there() -> None:
    page = (HERE / "lines.md").read_text()

    assert [int(number) for number in re.findall(r"^## (\d+) ", page, re.MULTILINE)] == [*range(1, 10)]
    for line in re.findall(r"^- .+$", page, re.MULTILINE):
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", line)
        assert named, line
        for path, name in named:
            assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), f"{path}::{name}"
