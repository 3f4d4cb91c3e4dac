from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops.tests.conftest import BASE_DIR


@pytest.mark.parametrize("first", ["import ops", "import django; django.setup()"])
def test_the_speech_runtime_reports_to_nobody(tmp_path: Path, first: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    env |= {"HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "vaniagent.settings"}

    subprocess.run([sys.executable, "-c", f"{first}; import onnxruntime"], env=env, cwd=BASE_DIR, check=True)

    # What waits to be sent, and the number it goes under, would lie there.
    assert list(tmp_path.iterdir()) == []
