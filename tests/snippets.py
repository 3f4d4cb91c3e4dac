"""The snippets of docs/clients.md, run unchanged: but for the host, the key and the ids, as a customer does."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vaniagent.tests import node

PAGE: Final = Path(__file__).resolve().parent.parent / "docs/clients.md"
# Above the longest wait that a limit of a minute asks for.
PATIENCE: Final = 90


@dataclass(frozen=True)
class Place:
    """What a customer fills in."""

    port: int
    key: str
    agent_id: str = "agent_abc123"
    call_id: str = "call_xyz789"

    def fill(self, snippet: str) -> str:
        for theirs, ours in (
            ("https://api.vaniagent.com", f"http://127.0.0.1:{self.port}"),
            ("wss://api.vaniagent.com", f"ws://127.0.0.1:{self.port}"),
            ("YOUR_API_KEY", self.key),
            ("agent_abc123", self.agent_id),
            ("call_xyz789", self.call_id),
        ):
            snippet = snippet.replace(theirs, ours)
        return snippet


def snippets() -> Mapping[str, str]:
    """Each block of code, by the heading above it."""
    sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]
    return {section.partition("\n")[0]: section.split("```")[1].partition("\n")[2] for section in sections}


def run_shell(snippet: str) -> list[str]:
    return _run(["sh", "-c", snippet])


def run_python(snippet: str) -> list[str]:
    return _run([sys.executable, "-c", snippet])


def run_module(snippet: str) -> list[str]:
    """By node, as a module."""
    return _run([node.binary(), "--input-type=module", "-e", snippet])


def run_script(snippet: str, *, modules: Path) -> list[str]:
    """By node, where a directory of packages is."""
    return _run([node.binary(), "--input-type=commonjs", "-e", snippet], NODE_PATH=str(modules))


def _run(argv: list[str], **environment: str) -> list[str]:
    """The lines that it printed."""
    path = {"PATH": "/usr/bin:/bin", **environment}
    done = subprocess.run(argv, env=path, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return done.stdout.splitlines()
