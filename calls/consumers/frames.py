"""What clients of the feed send: JSON objects, one a frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vaniagent.lib import errors, json_wire

LONGEST_FRAME: Final = 64 * 1024


class BadFrame(errors.InvalidRequest):
    """The client sent something that is no message of this protocol."""


def parse(text: str | None) -> Mapping[str, Any]:
    """The object in a frame. Raises BadFrame."""
    if text is None:
        raise BadFrame("Frames are text, and this one is binary.")
    frame = json_wire.loads(text.encode())
    if not isinstance(frame, dict):
        raise BadFrame("Frames are JSON objects.")
    return frame


def is_too_long(data: str | bytes) -> bool:
    # A character has at most 4 bytes: most frames need no encoding to be known as short.
    return len(data) > LONGEST_FRAME // 4 and len(data.encode() if isinstance(data, str) else data) > LONGEST_FRAME


def text_in(frame: Mapping[str, Any], name: str) -> str:
    """The text that a field of the frame holds. Raises BadFrame."""
    value = frame.get(name)
    if not isinstance(value, str):
        raise BadFrame(f"'{name}' must be a text.", param=name)
    return value
