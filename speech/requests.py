# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client may ask for, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from speech.voices import Voice

MAX_TEXT: Final = 2000


class BadRequest(Exception):
    """The client's mistake, in words for the client."""

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


@dataclass(frozen=True)
class Wish:
    """One text to speak, and how. The text stays out of the repr, and so out of logs."""

    text: str = field(repr=False)
    voice: Voice
    rate: int
    length_scale: float = 1.0
    pitch: float = 1.0
    # Nobody waits for it yet: whatever somebody waits for goes first.
    ahead: bool = False


def parse_wish(body: object, voices: Mapping[str, Voice]) -> Wish:
    """The wish in a JSON body. Raises BadRequest. Keys that we do not know are left alone."""
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")

    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadRequest("Give the text to speak.", param="text")
    if len(text) > MAX_TEXT:
        raise BadRequest(f"At most {MAX_TEXT} characters at once.", param="text")

    name = body.get("voice")
    if name is None:
        name = next(iter(voices))
    if not isinstance(name, str) or name not in voices:
        raise BadRequest(f"No such voice. There are: {', '.join(voices)}.", param="voice")

    ahead = body.get("ahead", False)
    if not isinstance(ahead, bool):
        raise BadRequest("Either true or false.", param="ahead")

    voice = voices[name]
    rate = _number(body, "rate", default=voice.rate, low=8000, high=48000)
    if rate != int(rate):
        raise BadRequest("A whole number of samples a second.", param="rate")

    return Wish(
        text=text,
        voice=voice,
        rate=int(rate),
        length_scale=_number(body, "length_scale", default=1.0, low=0.5, high=2.0),
        pitch=_number(body, "pitch", default=1.0, low=0.5, high=2.0),
        ahead=ahead,
    )


def _number(body: Mapping[str, object], param: str, *, default: float, low: float, high: float) -> float:
    value = body.get(param)
    if value is None:
        return default
    # To Python, true is a number; to the client it is not. NaN fails both comparisons.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadRequest(f"A number from {low} to {high}.", param=param)
    return float(value)
