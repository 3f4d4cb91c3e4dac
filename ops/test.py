"""`make test`: pytest, on a PostgreSQL and Valkey that are there for this run alone.

`--all` runs every test but those of `make test-system`: two halves and the SDKs' side by side, each on stores of its own, then
what drives the whole product in real time, two stacks side by side, since they mostly wait. `--system` runs those of `make
test-system`: the ones that look at every page beside the ones that do not talk, then browsers that talk beside telephones.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import IO, Final

import pytest

from ops.processes import spawn
from ops.stores import StoreError, throw_away

BASE_DIR = Path(__file__).resolve().parent.parent
# Much of its time it waits, for speech and for clocks. All other tests are the other half.
FIRST_HALF: Final = ("calls",)
# Of those that drive a whole product: half of their time.
FIRST_STACK: Final = tuple(f"tests/stack/test_{name}.py" for name in ("sandbox_numbers", "takeover", "three_at_once"))
# Of the system's tests: those that Chromium is busy with, and those that speak and listen in real time.
PAGES: Final = ("tests/pages",)
TALKING: Final = ("tests/stack", "tests/phone")
SDKS: Final = ["ops.sdks"]


def main(arguments: list[str]) -> int:
    may_be_empty = "--may-be-empty" in arguments
    words = [word for word in arguments if word not in ("--all", "--system", "--may-be-empty")]
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        codes = [_run(side_by_side) for side_by_side in _rounds(arguments, words)]
    except StoreError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    code = next((code for code in codes if code), 0)
    if may_be_empty and code == pytest.ExitCode.NO_TESTS_COLLECTED:
        return 0
    return code


def _rounds(arguments: Sequence[str], words: list[str]) -> list[list[list[str]]]:
    """What pytest is given: the runs of each round go side by side. SDKS stands for the SDKs' tests."""
    if "--all" in arguments:
        quick = ["-m", "not system and not stack"]
        rest = [folder for folder in _folders() if folder not in FIRST_HALF]
        halves = [[*FIRST_HALF, *quick], [*rest, *quick]]
        stack = ["-m", "stack and not system"]
        other_stack = [*_folders(), *(f"--ignore={file}" for file in FIRST_STACK), *stack]
        return [[*halves, SDKS], [[*FIRST_STACK, *stack], other_stack]]
    if "--system" in arguments:
        silent = [*_folders(), *(f"--ignore={folder}" for folder in (*TALKING, *PAGES)), "-m", "system"]
        return [[[*PAGES, "-m", "system"], silent], [[folder, "-m", "system"] for folder in TALKING]]
    return [[words]]


def _folders() -> list[str]:
    with (BASE_DIR / "pyproject.toml").open("rb") as file:
        folders: list[str] = tomllib.load(file)["tool"]["pytest"]["ini_options"]["testpaths"]
    return folders


def _run(side_by_side: Sequence[Sequence[str]]) -> int:
    """Run pytest with each of these at once; what the first prints is seen live, the others' when it has ended."""
    with ExitStack() as held:
        outputs: list[IO[bytes] | None] = [None]
        outputs += [held.enter_context(tempfile.TemporaryFile()) for _ in side_by_side[1:]]
        processes = [_start(words, output, held) for words, output in zip(side_by_side, outputs, strict=True)]
        codes = []
        for process, output in zip(processes, outputs, strict=True):
            codes.append(process.wait())
            if output is not None:
                output.seek(0)
                print(output.read().decode(errors="replace"), flush=True)
    return next((code for code in codes if code), 0)


def _start(words: Sequence[str], output: IO[bytes] | None, held: ExitStack) -> subprocess.Popen[bytes]:
    """pytest, or the SDKs' tests, on stores of its own, which end with `held`."""
    stores = held.enter_context(throw_away())
    var_dir = held.enter_context(tempfile.TemporaryDirectory(prefix="vaniagent-var-"))
    # Neither a stack that runs here nor its data are touched.
    env = {**os.environ, **stores, "VAR_DIR": var_dir, "SECRET_KEY": secrets.token_hex(32)}
    process = spawn(
        [sys.executable, "-m", *(words if words == SDKS else ["pytest", *words])],
        env=env,
        cwd=BASE_DIR,
        output=None if output is None else output.fileno(),
        death_signal=signal.SIGINT,
    )
    held.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
