"""What is published: built, checked, and installed into empty environments, where the published snippet runs."""

from __future__ import annotations

import glob
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import List, Optional

import pytest
import samples
from conftest import ROOT

# 3.14 and the oldest one where they can be had. VANIAGENT_PYTHONS names others, such as "3.8 3.13".
PYTHONS = os.environ.get("VANIAGENT_PYTHONS", "3.7 3.11 3.14").split()
LARGEST_WHEEL = 60 * 1024
# Of the HTTP library's own import: milliseconds would depend on the machine. `make bench ARGS=sdk` tells those.
LARGEST_SHARE = 0.75
IMPORT = "import time, {first}; t = time.process_time(); import {then}; print((time.process_time() - t) * 1000)"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory: Path = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(directory), str(ROOT)])
    return directory


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (wheel,) = built.glob("*.whl")
    return wheel


def test_twine_finds_nothing(built):
    files = [str(path) for path in built.iterdir()]

    assert len(files) == 2
    assert "FAILED" not in run([sys.executable, "-m", "twine", "check", "--strict", *files])


def test_the_wheel_is_small_and_holds_what_it_should(wheel):
    content = io.BytesIO()
    with zipfile.ZipFile(wheel) as archive, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as core:
        files = set(archive.namelist())
        for name in files:
            if name.startswith("vaniagent/cli/"):
                continue
            content_of_it = archive.read(name)
            if name.endswith("/RECORD"):
                lines = content_of_it.splitlines(keepends=True)
                content_of_it = b"".join(line for line in lines if not line.startswith(b"vaniagent/cli/"))
            core.writestr(name, content_of_it)

    # Without the command line, which needs packages of its own.
    print(f"\nwheel without the command line: {len(content.getvalue()) / 1024:.1f} KiB")
    assert len(content.getvalue()) <= LARGEST_WHEEL
    assert {"vaniagent/py.typed", "vaniagent/raw_resources.pyi", "vaniagent/async_resources.py"} <= files
    assert all(name.startswith(("vaniagent/", "vaniagent-")) for name in files)


@pytest.mark.parametrize("version", PYTHONS)
def test_the_published_snippet_in_an_empty_environment(version, wheel, place, tmp_path):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} on this machine")
    run([python, "-m", "venv", str(tmp_path / "venv")])
    inside = str(tmp_path / "venv/bin/python")
    run([inside, "-m", "pip", "install", "-q", "--disable-pip-version-check", str(wheel)])

    printed = run([inside, "-c", samples.published()], env=place.environment, cwd=tmp_path).splitlines()

    assert printed[0] in ("initiated", "in_progress", "completed")
    httpx, ours = (
        min(float(run([inside, "-c", IMPORT.format(first=first, then=then)], cwd=tmp_path)) for _ in range(7))
        for first, then in (("sys", "httpx"), ("httpx", "vaniagent"))
    )
    print(f"\nPython {version}: httpx imported in {httpx:.0f} ms, the rest in {ours:.0f}")
    assert ours <= LARGEST_SHARE * httpx


def interpreter(version: str) -> Optional[str]:
    """A Python of that version, if this machine has one."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    kept = sorted(glob.glob(os.path.expanduser(f"~/.pyenv/versions/{version}.*/bin/python")))
    found = [*kept, *filter(None, [shutil.which(f"python{version}")])]
    return next((path for path in found if works(path)), None)


def works(python: str) -> bool:
    # A shim is there for versions that are not.
    return subprocess.run([python, "-c", "import venv, ssl"], capture_output=True, check=False).returncode == 0


def run(argv: List[str], **options: object) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)
