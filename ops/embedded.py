"""What a running embedded stack tells other processes, in one small file under the var directory.

Standard library only: `settings.py` imports this before anything else is there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

FILE_NAME = "stack.json"


def read(var_dir: Path) -> dict[str, str]:
    """What the supervisor wrote down (DATABASE_URL, REDIS_URL, SPEECH_URL, ...); empty where none ever ran."""
    try:
        content = json.loads((var_dir / FILE_NAME).read_text())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in content.items()} if isinstance(content, dict) else {}


def write(var_dir: Path, values: Mapping[str, str]) -> None:
    """Replace the file in one step, readable by its owner alone: it holds passwords."""
    unfinished = var_dir / f"{FILE_NAME}.new"
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(dict(sorted(values.items())), file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(var_dir / FILE_NAME)
