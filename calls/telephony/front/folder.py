"""The directory that kamailio reads: each file replaced in one step, and told of when it runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from calls.telephony.front import control

_OWNER_ALONE: Final = 0o600


class FrontFolder:
    """What was written, and what kamailio has not been told yet."""

    def __init__(self, directory: Path, *, owner: tuple[int, int] | None = None) -> None:
        """`owner`: the account (user, group) that kamailio runs under, where that is not ours."""
        self.directory = directory
        self._owner = owner
        self._untold: set[str] = set()

    def write(self, files: Mapping[str, str]) -> None:
        """Its configuration; heeded at its next start."""
        self._make(self.directory)
        for name, text in files.items():
            _replace(self.directory / name, text)

    def write_tables(self, tables: Mapping[str, str]) -> bool:
        """What it knows of lines. True where anything is another than before."""
        folder = self.directory / "tables"
        self._make(folder)
        changed = {name for name, text in tables.items() if _replace(folder / name, text)}
        self._untold |= changed
        return bool(changed)

    def tell(self) -> None:
        """Have it read the tables that changed. Raises control.FrontAway, and tells of the same ones the next time."""
        for name in sorted(self._untold):
            control.ask(self.directory, "htable.reload", name)
            self._untold.discard(name)

    def _make(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._owner is not None:
            os.chown(folder, *self._owner)


def _replace(path: Path, text: str) -> bool:
    """Write a file of secrets in one step, unless it is so already."""
    try:
        before = path.stat().st_mtime
        if path.read_text() == text:
            return False
    except OSError:
        before = 0.0
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ALONE), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _make_newer(unfinished, path.parent, before)
    unfinished.replace(path)
    return True


def _make_newer(file: Path, owner_of: Path, before: float) -> None:
    """kamailio tells a change by the whole second of the file's time. Its account owns what lies in its directory."""
    now = file.stat().st_mtime
    if int(now) <= int(before):
        os.utime(file, (int(before) + 1, int(before) + 1))
    owner = owner_of.stat()
    if owner.st_uid != os.geteuid():
        os.chown(file, owner.st_uid, owner.st_gid)
