"""`make test`: pytest, on a PostgreSQL and Valkey that are there for this run alone."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

import pytest

from ops.processes import spawn
from ops.stores import StoreError, throw_away

BASE_DIR = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    may_be_empty = "--may-be-empty" in arguments
    words = [word for word in arguments if word != "--may-be-empty"]
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with throw_away() as stores, tempfile.TemporaryDirectory(prefix="vaniagent-var-") as var_dir:
            # Neither a stack that runs here nor its data are touched.
            env = {**os.environ, **stores, "VAR_DIR": var_dir, "SECRET_KEY": secrets.token_hex(32)}
            code = _run([sys.executable, "-m", "pytest", *words], env)
    except StoreError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if may_be_empty and code == pytest.ExitCode.NO_TESTS_COLLECTED:
        return 0
    return code


def _run(argv: list[str], env: dict[str, str]) -> int:
    process = spawn(argv, env=env, cwd=BASE_DIR, output=None, death_signal=signal.SIGINT)
    try:
        return process.wait()
    finally:
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
