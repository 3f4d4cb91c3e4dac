"""Database work beside an event loop: a few threads, each with a connection only while it works."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Self, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 4


class Jobs:
    """Runs services for code that lives on an event loop. One per process; close it, or use it as a context.

    Each job begins and ends with a look at its thread's connections: one that PostgreSQL dropped is not used again,
    and none is held by a thread that waits.
    """

    def __init__(self, *, threads: int = THREADS) -> None:
        self._executor = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="database")

    async def run(self, service: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """What `service` gives, or raises. A caller that is cancelled does not stop it: it finishes on its thread."""
        job = functools.partial(_with_fresh_connections, service, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)

    def close(self, *, wait: bool = True) -> None:
        """Take no more jobs; those not begun are dropped. `wait` lets those that run finish."""
        self._executor.shutdown(wait=wait, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _with_fresh_connections(service: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    close_old_connections()
    try:
        return service(*args, **kwargs)
    finally:
        close_old_connections()
