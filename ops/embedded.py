"""What a running embedded stack tells other processes, in one small file under the var directory.

Standard library only: `settings.py` imports this before anything else is there.
"""

from __future__ import annotations

import json
from pathlib import Path

FILE_NAME = "stack.json"


def read(var_dir: Path) -> dict[str, str]:
    """What the supervisor wrote down (DATABASE_URL, REDIS_URL, SPEECH_URL, ...); empty where none ever ran."""
    try:
        content = json.loads((var_dir / FILE_NAME).read_text())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in content.items()} if isinstance(content, dict) else {}
