"""Public ids: what leaves the system instead of a primary key."""

from __future__ import annotations

import hashlib
import secrets
import string
from typing import Final

_LENGTH: Final = 22
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def base62(length: int) -> str:
    """`length` random characters, each from 0-9, A-Z, a-z."""
    # One number and its digits: to draw each of them would ask the kernel as often.
    number, drawn = secrets.randbelow(len(BASE62) ** length), []
    for _ in range(length):
        number, digit = divmod(number, len(BASE62))
        drawn.append(BASE62[digit])
    return "".join(drawn)


def derived(kind: str, *, seed: str) -> str:
    """The public id that this seed gives, always the same: for what must be made once, however often it is asked for."""
    number, drawn = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big"), []
    for _ in range(_LENGTH):
        number, digit = divmod(number, len(BASE62))
        drawn.append(BASE62[digit])
    return f"{kind}_{''.join(drawn)}"


def new(kind: str) -> str:
    """A new public id, such as `call_` and 22 characters (131 bits)."""
    return f"{kind}_{base62(_LENGTH)}"
