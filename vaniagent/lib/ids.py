"""Public ids: what leaves the system instead of a primary key."""

from __future__ import annotations

import secrets
import string

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def base62(length: int) -> str:
    """`length` random characters, each from 0-9, A-Z, a-z."""
    return "".join(secrets.choice(BASE62) for _ in range(length))


def new(kind: str) -> str:
    """A new public id, such as `call_` and 22 characters (131 bits)."""
    return f"{kind}_{base62(22)}"
