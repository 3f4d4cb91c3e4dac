"""API keys as text: how they are made, checked and looked up.

`va_live_` or `va_test_`, 32 random base62 characters, and the CRC-32 of all before it in 6 base62 characters. The
checksum lets secret scanners recognise a key and refuses a mistyped one without a look-up.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import Final

from vaniagent.lib import ids

RANDOM_LENGTH: Final = 32
CHECKSUM_LENGTH: Final = 6

_FORM: Final = re.compile(
    rf"va_(?P<mode>live|test)_[0-9A-Za-z]{{{RANDOM_LENGTH}}}(?P<checksum>[0-9A-Za-z]{{{CHECKSUM_LENGTH}}})"
)


def generate(*, mode: str) -> str:
    """A new key for `live` or `test`."""
    body = f"va_{mode}_{ids.base62(RANDOM_LENGTH)}"
    return body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """Whether this could be one of our keys: its form and its checksum fit."""
    match = _FORM.fullmatch(text)
    return match is not None and match["checksum"] == _checksum(text[:-CHECKSUM_LENGTH])


def digest(text: str) -> str:
    """What is stored of a key, and found again by it."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(body: str) -> str:
    rest = zlib.crc32(body.encode())
    characters = ""
    for _ in range(CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(ids.BASE62))
        characters = ids.BASE62[digit] + characters
    return characters
