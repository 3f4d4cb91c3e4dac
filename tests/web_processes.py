"""Web processes as they run in production, on the database of the tests."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from ops.processes import LOOPBACK, free_port, spawn

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN = 60.0


@contextmanager
def web_process(log: Path, **environment: str) -> Iterator[int]:
    """A daphne, for as long as the block lasts. Gives its port; its output is in `log`."""
    port = free_port(str(log))
    process = start(web_program(port), log, DATABASE_POOL_SIZE="6", **environment)
    try:
        wait_until_it_answers(port, process, log)
        yield port
    finally:
        end(process)


def web_program(port: int) -> list[str]:
    """What Python is to run as a web process."""
    return ["-m", "daphne", "-b", LOOPBACK, "-p", str(port), "vaniagent.asgi:application"]


def start(arguments: Sequence[str], log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """A Python program on the stores of the tests. What it says is added to `log`."""
    env = {
        **os.environ,
        "DATABASE_URL": _database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "BUS_PREFIX": settings.BUS_PREFIX,
        "SECRET_KEY": settings.SECRET_KEY,
        **environment,
    }
    with log.open("ab") as output:
        return spawn([sys.executable, *arguments], env=env, cwd=ROOT, output=output, death_signal=signal.SIGKILL)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def get(port: int, path: str, key: str) -> http.client.HTTPResponse:
    """One request on a connection of its own; its body is read."""
    link = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    link.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    answer = link.getresponse()
    answer.read()
    link.close()
    return answer


def _database_url() -> str:
    of = connection.settings_dict
    who = f"{quote(of['USER'])}:{quote(of['PASSWORD'])}" if of["PASSWORD"] else quote(of["USER"])
    return f"postgres://{who}@{of['HOST']}:{of['PORT']}/{of['NAME']}"


def wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Fails the test where it does not."""
    give_up_at = time.monotonic() + START_WITHIN
    while time.monotonic() < give_up_at:
        try:
            if get(port, "/healthz", "").status == 200:
                return
        except OSError:
            time.sleep(0.1)
        if process.poll() is not None:
            break
    pytest.fail(f"no web process: {log.read_text()[-2000:]}")
