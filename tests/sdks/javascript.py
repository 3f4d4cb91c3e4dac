"""The JavaScript package as customers have it: built, packed, and installed into an empty folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from vaniagent.tests import node

ROOT: Final = Path(__file__).resolve().parent.parent.parent
SOURCE: Final = ROOT / "sdks/javascript"
PATIENCE: Final = 120


class Package:
    """A copy of the package with what building it needs, which is kept from run to run."""

    def __init__(self) -> None:
        self.path = Path(settings.VAR_DIR) / "test-system/sdk-javascript"
        self.path.mkdir(parents=True, exist_ok=True)
        self._copy_sources()
        self._install()
        told = self.run("npm", "pack", "--json")
        # What the build says comes before.
        self.tarball = self.path / json.loads(told[told.index("[\n") :])[0]["filename"]

    def run(self, *argv: str, **environment: str) -> str:
        return run(argv, self.path, **environment)

    def node(self, script: str, **environment: str) -> str:
        return self.run(node.binary(), script, **environment)

    def install_into(self, place: Path, **fields: str) -> Path:
        """An empty folder with the package in it, as `npm install` leaves it."""
        place.mkdir(exist_ok=True)
        (place / "package.json").write_text(json.dumps({"private": True, **fields}))
        run(["npm", "install", "--no-audit", "--no-fund", "--offline", str(self.tarball)], place)
        return place

    def _copy_sources(self) -> None:
        kept = {"node_modules", "lock"}
        for old in self.path.iterdir():
            if old.name not in kept:
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        shutil.copytree(SOURCE, self.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "dist"))

    def _install(self) -> None:
        lock, stamp = (self.path / "package-lock.json").read_text(), self.path / "lock"
        if not stamp.exists() or stamp.read_text() != lock:
            self.run("npm", "ci", "--no-audit", "--no-fund")
            stamp.write_text(lock)


def run(argv: Sequence[str], place: Path, **environment: str) -> str:
    """What it printed. Fails with all that it said."""
    path = f"{Path(node.binary()).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    # All else as it is: how npm reaches its registry may be there.
    env = {**os.environ, "PATH": path, "NO_COLOR": "1", **environment}
    done = subprocess.run(argv, cwd=place, env=env, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, f"{argv}: {done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def blocks(page: Path, language: str) -> dict[str, str]:
    """Each block of code in that language, by the heading above it."""
    found: dict[str, str] = {}
    for section in re.split(r"^## ", page.read_text(), flags=re.MULTILINE)[1:]:
        heading, _, text = section.partition("\n")
        for code in re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
            assert heading not in found, f"two blocks under {heading}"
            found[heading] = code
    return found


def last_json(printed: str) -> Any:
    return json.loads(printed.splitlines()[-1])
