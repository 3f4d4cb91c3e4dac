"""The process's pool of database connections, when it has none left."""

from __future__ import annotations

from typing import Final

from django.db import OperationalError
from psycopg_pool import PoolTimeout, TooManyRequests

# How long who is refused should stay away, in seconds.
COME_BACK_AFTER: Final = 2


def is_exhausted(exc: BaseException | None) -> bool:
    """Whether this says that no connection became free in time: nothing was asked of the database, nothing is broken."""
    return isinstance(exc, OperationalError) and isinstance(exc.__cause__, PoolTimeout | TooManyRequests)
