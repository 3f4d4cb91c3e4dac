"""`manage.py gateway` as a process, on the database and the bus of the test."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection


def until(holds: Callable[[], object], *, within: float = 15) -> None:
    until = time.monotonic() + within
    while not holds():
        assert time.monotonic() < until, "it never held"
        time.sleep(0.02)


@contextmanager
def a_gateway(folder: Path, prefix: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """One that workers can find. `prefix` is the bus's, `folder` a place of its own."""
    database = connection.settings_dict
    port = f":{database['PORT']}" if database["PORT"] else ""
    password = f":{quote(database['PASSWORD'], safe='')}" if database["PASSWORD"] else ""
    ready = folder / "ready"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "gateway"],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": f"postgres://{database['USER']}{password}@{database['HOST']}{port}/{database['NAME']}",
            "REDIS_URL": settings.REDIS_URL,
            "BUS_PREFIX": prefix,
            "RECORDINGS_DIR": str(folder / "recordings"),
            "SPEECH_URL": "http://127.0.0.1:1",
            "VA_READY_FILE": str(ready),
            **env,
        },
    )
    try:
        until(ready.exists)
        yield process
    finally:
        process.kill()
        process.wait()
