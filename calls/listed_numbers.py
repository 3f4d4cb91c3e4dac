"""Numbers of a do-not-call list: one form for each, however it was written, and its digest where the number itself must go."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Final

import phonenumbers

from vaniagent.lib import sealing

_SEALED_FOR: Final = "do-not-call digests"
_NUMBER: Final = re.compile(r"\+[0-9]{7,15}", re.ASCII)
# What people write into numbers, and the quotation mark that a spreadsheet is given lest it reckons.
_ORNAMENT: Final = re.compile(r"[\s.()\-/'\u00a0\u2010\u2011\u200b\ufeff]")
# The trunk's zero, as in +49 (0)30.
_TRUNK_ZERO: Final = re.compile(r"\(0\)")


def plain(text: str) -> str:
    """`+` and digits; empty where this is no number with its country."""
    bare = _ORNAMENT.sub("", _TRUNK_ZERO.sub("", text))
    if bare.startswith("00"):
        bare = f"+{bare[2:]}"
    if _NUMBER.fullmatch(bare) is None:
        return ""
    try:
        number = phonenumbers.parse(bare)
    except phonenumbers.NumberParseException:
        return bare
    # A country's own zero in front, which nobody dials from abroad, goes.
    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written if _NUMBER.fullmatch(written) else bare


def new_key() -> str:
    """A key for an account's digests, sealed."""
    return sealing.seal(secrets.token_hex(32), purpose=_SEALED_FOR)


def digest(number: str, *, sealed_key: str) -> str:
    """What is left of a number: enough to know it again, and not to find it out. Raises sealing.CannotUnseal."""
    key = bytes.fromhex(sealing.unseal(sealed_key, purpose=_SEALED_FOR))
    return hmac.new(key, number.encode(), hashlib.sha256).hexdigest()


def resealed(sealed_key: str) -> str:
    """The same key under the present SECRET_KEY."""
    return sealing.seal(sealing.unseal(sealed_key, purpose=_SEALED_FOR), purpose=_SEALED_FOR)
