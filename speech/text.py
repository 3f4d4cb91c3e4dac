# SPDX-License-Identifier: GPL-3.0-or-later
"""Written English made fit to be read aloud, where espeak would stumble: prices, titles, telephone numbers, ranges."""

from __future__ import annotations

import re
from typing import Final

TITLES: Final = {"Dr": "Doctor", "Mr": "Mister", "Mrs": "Missis", "Ms": "Miz", "Prof": "Professor"}

_TITLE: Final = re.compile(rf"\b({'|'.join(TITLES)})\.(?=\s+[A-Z])")
_DOLLARS: Final = re.compile(r"\$\s?(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d\d))?(?![\d.]*\d)")
_MILLIONS: Final = re.compile(r"\$\s?(\d+(?:\.\d+)?) (thousand|million|billion)\b")
# Numbers as they are written in North America, and any in the international form.
_TELEPHONE: Final = re.compile(
    r"(?<![\w$.+-])(?:(?:\+?1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}|\d{3}-\d{4}|\+\d{7,15}|\+\d{1,3}(?:[-. ]\d{2,4}){2,5})(?![\w%-])"
)
_RANGE: Final = re.compile(r"(?<![\w-])(\d{1,4})\s?[-\u2013]\s?(\d{1,4})(?![\w-])")


def readable(text: str) -> str:
    """The same text as somebody would read it out. What is not recognised stays as it is."""
    # Double brackets would be taken for phonemes.
    plain = text.replace("[[", "[").replace("]]", "]")
    titled = _TITLE.sub(lambda m: TITLES[m[1]], plain)
    priced = _DOLLARS.sub(_read_price, _MILLIONS.sub(r"\1 \2 dollars", titled))
    dialled = _TELEPHONE.sub(_read_telephone, priced)
    return _RANGE.sub(r"\1 to \2", dialled)


def _read_price(found: re.Match[str]) -> str:
    dollars = found[1].replace(",", "")
    whole = f"{dollars} dollar{'' if dollars == '1' else 's'}"
    cents = int(found[2] or 0)
    rest = f"{cents} cent{'' if cents == 1 else 's'}"
    if cents == 0:
        return whole
    return rest if dollars == "0" else f"{whole} and {rest}"


def _read_telephone(found: re.Match[str]) -> str:
    spoken = ", ".join(" ".join(group) for group in re.findall(r"\d+", found[0]))
    return f"plus {spoken}" if found[0].startswith("+") else spoken
