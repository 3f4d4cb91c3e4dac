"""Telephone numbers as carriers write them, in the form that ours have: `+` and digits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import phonenumbers

# How long a number must be to be told by its end alone, as it is dialled within a country.
LEAST_NATIONAL: Final = 7
_IS_NUMBER: Final = re.compile(r"\+?[0-9]{3,20}\Z", re.ASCII)
_LAYOUT: Final = str.maketrans("", "", " -.()/")
# What is dialled for `+` where most numbers are.
_ABROAD: Final = ("00", "011")


def find(dialled: str, ours: Sequence[str]) -> str | None:
    """The one of our numbers that was dialled, with its country or without. None where none or several may be meant."""
    for form in forms(dialled):
        if form in ours:
            return form
    end = national(dialled)
    meant = [number for number in ours if number.endswith(end)] if end else []
    return meant[0] if len(meant) == 1 else None


def forms(dialled: str) -> list[str]:
    """What a number that was dialled with its country may be, the likeliest first."""
    digits = _digits(dialled)
    if not digits:
        return []
    return [
        f"+{form}" for form in (digits, *(digits.removeprefix(code) for code in _ABROAD if digits.startswith(code)))
    ]


def national(dialled: str) -> str:
    """The end of a number that was dialled within its country; empty where it cannot be told by that."""
    if dialled.strip().startswith("+"):
        return ""
    digits = _digits(dialled).lstrip("0")
    return digits if len(digits) >= LEAST_NATIONAL else ""


def of_caller(told: str | None, *, called: str) -> str | None:
    """Whoever calls `called`, as far as that is a number that could be called back. None: hidden, or none at all."""
    digits = _digits(told or "")
    if told is None or not digits:
        return None
    try:
        home = phonenumbers.region_code_for_number(phonenumbers.parse(called))
        number = phonenumbers.parse(told if told.strip().startswith("+") else digits, home)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _digits(text: str) -> str:
    """Of a number; nothing where it is none."""
    bare = text.strip().translate(_LAYOUT)
    return bare.lstrip("+") if _IS_NUMBER.match(bare) else ""
