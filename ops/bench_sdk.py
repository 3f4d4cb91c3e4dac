"""What a request costs through the SDKs, beside `requests` and `fetch` alone: against a server that answers at once.

The Python SDK runs in `.venv-sdk`, since it and the server's package share a name; the server here is a few lines, so that what is
measured is the client.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

BASE_DIR: Final = Path(__file__).resolve().parent.parent
PYTHON: Final = BASE_DIR / ".venv-sdk/bin/python"
SCRIPT: Final = BASE_DIR / "sdks/python/scripts/overhead.py"
JAVASCRIPT: Final = BASE_DIR / "sdks/javascript"


def run(*, requests: int) -> dict[str, Any]:
    if not PYTHON.exists():
        print("There is no .venv-sdk: make test-sdks makes it.")
        return {}
    done = subprocess.run(
        [str(PYTHON), str(SCRIPT), str(requests)], capture_output=True, text=True, check=True, timeout=600
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    base = figures["requests"]["wall_us"]
    print(f"{'a request by':<14}{'µs':>8}{'µs of CPU':>12}{'ratio':>8}")
    for name in ("requests", "vaniagent"):
        wall, cpu = figures[name]["wall_us"], figures[name]["cpu_us"]
        print(f"{name:<14}{wall:>8.0f}{cpu:>12.0f}{wall / base:>8.2f}")
    print(f"\nimport vaniagent: {figures['import_ms']:.0f} ms of CPU")
    return {**figures, "javascript": _javascript()}


def _javascript() -> dict[str, Any]:
    node = shutil.which("node")
    if node is None or not (JAVASCRIPT / "node_modules").exists():
        print("There is no node with what the JavaScript SDK is built by: make test-sdks installs it.")
        return {}
    for script in ("build", "bench"):
        argv = [node, f"scripts/{script}.mjs"]
        done = subprocess.run(argv, cwd=JAVASCRIPT, capture_output=True, text=True, check=True, timeout=600)
    figures: dict[str, Any] = json.loads(done.stdout)
    print()
    for name, wall in figures["us"].items():
        print(f"{name:<20}{wall:>8.0f}{wall / figures['us']['fetch']:>8.2f}")
    return figures
