"""What README and documentation show runs against the real stack, and is right by two type checkers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import samples
from conftest import ROOT

PYRIGHT = ROOT / "node_modules/.bin/pyright"


def test_the_published_snippet(place, tmp_path):
    printed = run(samples.published(), place, tmp_path)

    assert printed[0] in ("initiated", "in_progress", "completed")
    assert all(line.startswith("Call call_") and line.endswith("s") for line in printed[1:])


def test_the_samples_of_the_documentation(place, tmp_path):
    printed = run(samples.documented(), place, tmp_path)

    assert "completed api_hangup" in "\n".join(printed)
    assert "to_number" in "\n".join(printed)
    assert "('not ours', 400)" in printed
    assert (tmp_path / "call.wav").read_bytes()[:4] == b"RIFF"


def test_types(programs):
    check([sys.executable, "-m", "mypy", "--strict", "src", "examples", str(programs)])


@pytest.mark.skipif(not PYRIGHT.exists(), reason="pyright comes from npm, which is not here")
def test_types_by_pyright(programs):
    check([str(PYRIGHT), "--pythonpath", sys.executable, "src", "examples", str(programs)])


@pytest.fixture
def programs(tmp_path) -> Path:
    """The samples as files, beside what the checkers look at anyway."""
    directory: Path = tmp_path / "samples"
    directory.mkdir()
    (directory / "published.py").write_text(samples.published())
    (directory / "documented.py").write_text(samples.documented())
    (directory / "of_the_readme.py").write_text(samples.of_the_readme())
    return directory


def check(argv):
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout


def run(program: str, place, directory: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=directory,
        env=place.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
