"""What a request costs through the Python SDK, beside `requests` alone: both against a server that answers at once.

Runs in `.venv-sdk`, since the SDK and the server's package share a name; the server here is a few lines, so that what is
measured is the client.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

BASE_DIR: Final = Path(__file__).resolve().parent.parent
PYTHON: Final = BASE_DIR / ".venv-sdk/bin/python"
SCRIPT: Final = BASE_DIR / "sdks/python/scripts/overhead.py"


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
    return figures
