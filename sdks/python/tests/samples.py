"""The samples of the README and of the documentation, as programs."""

from __future__ import annotations

import re
from typing import List

from conftest import REPOSITORY, ROOT

README = ROOT / "README.md"
PAGE = REPOSITORY / "docs/sdks/python.md"

# What a customer fills in.
FILLED = {"'YOUR_API_KEY'": "os.environ['VANIAGENT_API_KEY']"}


def blocks(page: str) -> List[str]:
    return re.findall(r"^```python\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)


def published() -> str:
    """The published snippet, but for the key."""
    snippet = blocks(README.read_text(encoding="utf-8"))[0]
    for theirs, ours in FILLED.items():
        assert theirs in snippet
        snippet = snippet.replace(theirs, ours)
    return "import os\n" + snippet


def documented() -> str:
    """All samples of the page, in their order."""
    return "\n".join(blocks(PAGE.read_text(encoding="utf-8")))


def of_the_readme() -> str:
    """The samples of the README but the first, each with what it takes from its surroundings."""
    lines = [
        "from flask import Request",
        "from vaniagent import VaniAgent, webhooks",
        "from vaniagent.models import Call",
    ]
    for number, block in enumerate(blocks(README.read_text(encoding="utf-8"))[1:]):
        lines.append(f"def sample_{number}(client: VaniAgent, call: Call, request: Request) -> None:")
        lines += [f"    {line}" for line in block.splitlines() if not line.startswith("from ")]
    return "\n".join(lines)
