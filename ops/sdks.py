"""`make test-sdks`: the tests of both SDKs, against a whole stack that is there for this run alone.

The SDKs' tests run in environments of their own, `.venv-sdk` and `sdks/javascript/node_modules`, and know the stack by HTTP only:

VANIAGENT_TEST_URL       its base URL, with /v1
VANIAGENT_TEST_KEY       a live key of an account with wide limits
VANIAGENT_TEST_TEST_KEY  a test key of it

python -m ops.sdks                      both
python -m ops.sdks python [-k words]    one of them; the rest goes to its test runner
python -m ops.sdks javascript
python -m ops.sdks run COMMAND...       something else with the same environment
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from ops.customer import make_account
from ops.stack import Stack

BASE_DIR: Final = Path(__file__).resolve().parent.parent
PYTHON: Final = BASE_DIR / ".venv-sdk/bin/python"
LANGUAGES: Final = ("python", "javascript")
WIDE: Final = (
    *("--plan", "enterprise", "--credits", "5000", "--max-live-calls", "2000"),
    *("--requests-per-minute", "1000000", "--requests-per-hour", "10000000"),
)


def main(arguments: Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    wanted = [arguments[0]] if arguments and arguments[0] in (*LANGUAGES, "run") else [*LANGUAGES]
    words = arguments[1:] if wanted != [*LANGUAGES] else arguments
    try:
        with Stack(env=_environment()) as stack:
            env = {**os.environ, **told(stack)}
            codes = [_run(what, words, env) for what in wanted]
    except KeyboardInterrupt:
        return 130
    return next((code for code in codes if code), 0)


def told(stack: Stack) -> dict[str, str]:
    """What the tests of an SDK know of a stack."""
    account = make_account(stack, *WIDE)
    return {
        "VANIAGENT_TEST_URL": f"{stack.url}/v1",
        "VANIAGENT_TEST_KEY": account["api_key"],
        "VANIAGENT_TEST_TEST_KEY": account["test_api_key"],
    }


def _environment() -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": "", "REDIS_URL": "", "BUS_PREFIX": ""}


def _run(what: str, words: Sequence[str], env: Mapping[str, str]) -> int:
    if what == "python":
        return _call([str(PYTHON), "-m", "pytest", *words], env, BASE_DIR / "sdks/python")
    if what == "javascript":
        return _javascript(words, env)
    return _call(words, env, BASE_DIR)


def _javascript(words: Sequence[str], env: Mapping[str, str]) -> int:
    """Node's own runner; its count is repeated in the words that CI counts."""
    directory = BASE_DIR / "sdks/javascript"
    if not (directory / "package.json").exists():
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print("The JavaScript SDK's tests need node and npm, and there is none here: not run.")
        return 0
    argv = [npm, "test", "--silent", *(["--", *words] if words else [])]
    done = subprocess.run(argv, env=env, cwd=directory, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, flush=True)
    counts = {name: sum(map(int, re.findall(rf"^\S+ {name} (\d+)$", done.stdout, re.M))) for name in ("pass", "fail")}
    print(f"checks: {counts['pass']} passed, {counts['fail']} failed")
    return done.returncode


def _call(argv: Sequence[str], env: Mapping[str, str], directory: Path) -> int:
    return subprocess.run(argv, env=env, cwd=directory, check=False).returncode


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
