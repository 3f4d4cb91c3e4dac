"""Objects that arguments take: plain dicts, with their fields known to type checkers."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Union

from vaniagent.compat import TypedDict


class Sandbox(TypedDict, total=False):
    """What the person called will say, a line a turn, where the call runs on the sandbox line."""

    lines: List[str]


class BatchRowParams(TypedDict, total=False):
    """Whom a batch calls: `to_number` is needed."""

    to_number: str
    metadata: Mapping[str, Any]


class RetryParams(TypedDict, total=False):
    """When a number is called again: after which ended reasons, how often at most, how far apart.

    `every` is needed: seconds, or a list with one for each attempt.
    """

    outcomes: List[str]
    attempts: int
    every: Union[int, List[int]]


class SpeechParams(TypedDict, total=False):
    """How an agent takes turns, and how fast it talks. What is left out stays as it is."""

    interruptible: bool
    patience: str
    speed: float


class CallingHoursParams(TypedDict, total=False):
    """When an agent may call somebody: by day such as `mon`, spans such as `["09:00", "17:00"]`."""

    timezone: str
    days: Dict[str, List[List[str]]]


class ConsentParams(TypedDict, total=False):
    """A question before everything else: `ask` is needed."""

    ask: str
    if_no: str
    record_from: str


class ComplianceParams(TypedDict, total=False):
    """What an agent owes whom it calls; what is left out is None."""

    recording_announcement: Optional[str]
    consent: Optional[ConsentParams]
    max_calls_per_day: Optional[int]
    max_calls_per_week: Optional[int]


class KeypadChoiceParams(TypedDict):
    """A key, and what it means to an agent."""

    digit: str
    meaning: str


class KeypadParams(TypedDict, total=False):
    """What an agent makes of a telephone's keys."""

    menu: List[KeypadChoiceParams]
    terminator: str
    digit_timeout: float
    may_press: bool
    wanted: str


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


class InboundLimitsParams(TypedDict, total=False):
    """What callers may do on a phone line. What is left out stays as it is.

    `blocked` are numbers, or beginnings of numbers with a `*` at the end; `cost_per_day` is text such as "2.50".
    """

    calls_per_hour: Optional[int]
    calls_per_day: Optional[int]
    cost_per_day: Optional[str]
    silent_after: int
    blocks_hidden: bool
    blocked: List[str]
