"""Objects that arguments take: plain dicts, with their fields known to type checkers."""

from __future__ import annotations

from typing import Dict, List, Optional

from vaniagent.compat import TypedDict


class Sandbox(TypedDict, total=False):
    """What the person called will say, a line a turn, where the call runs on the sandbox line."""

    lines: List[str]


class SpeechParams(TypedDict, total=False):
    """How an agent takes turns, and how fast it talks. What is left out stays as it is."""

    interruptible: bool
    patience: str
    speed: float


class CallingHoursParams(TypedDict, total=False):
    """When an agent may call somebody: by day such as `mon`, spans such as `["09:00", "17:00"]`."""

    timezone: str
    days: Dict[str, List[List[str]]]


class DestinationParams(TypedDict, total=False):
    """Somebody whom an agent may transfer a call to: `name` and `to`, a number or a SIP address, are needed.

    `mode` is `cold` or `warm`, `via` is `bridge` or `refer`; `when` tells the agent in which case.
    """

    name: str
    to: str
    mode: str
    via: str
    when: str
    announcement: Optional[str]
    record: bool
