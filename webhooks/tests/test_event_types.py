"""The catalogue is documented."""

from __future__ import annotations

import re
from pathlib import Path

from webhooks import event_types

PAGE = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"


def test_the_guide_lists_every_event() -> None:
    rows = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE)

    assert rows == [(event_type.name, event_type.description) for event_type in event_types.ALL]
