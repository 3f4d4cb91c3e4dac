"""What a phone line lets callers do: how often one calls, for how much, how long one may say nothing, and who is not let in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vaniagent.lib import money

MOST_CALLS: Final = 10_000
LEAST_SILENCE: Final = 5
MOST_SILENCE: Final = 120
MOST_BLOCKED: Final = 1_000


@dataclass(frozen=True)
class InboundLimits:
    """None: no such limit."""

    # Calls that are let in from one number within an hour, and within a day. All who hide their number are one.
    calls_per_hour: int | None = 20
    calls_per_day: int | None = 100
    # What one number's calls within a day may cost, in micro-credits.
    cost_per_day: int | None = None
    # Seconds of silence after which somebody who has not said a word is hung up on; the agent's own time-out, if shorter.
    silent_after: int = 15
    # Whether who hides their number is turned away.
    blocks_hidden: bool = False
    # Numbers, or beginnings of numbers with a * at the end.
    blocked: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is kept and shown."""
        cost = None if self.cost_per_day is None else money.to_text(self.cost_per_day)
        return {
            "calls_per_hour": self.calls_per_hour,
            "calls_per_day": self.calls_per_day,
            "cost_per_day": cost,
            "silent_after": self.silent_after,
            "blocks_hidden": self.blocks_hidden,
            "blocked": list(self.blocked),
        }

    def blocks(self, number: str | None) -> bool:
        """Whether this caller is never let in; None is one who hides the number."""
        if number is None:
            return self.blocks_hidden
        return any(number.startswith(entry[:-1]) if entry.endswith("*") else number == entry for entry in self.blocked)


def read(kept: Mapping[str, Any]) -> InboundLimits:
    """Limits as a line keeps them; what is not there is as for every line."""
    values = dict(kept)
    if values.get("cost_per_day") is not None:
        values["cost_per_day"] = money.to_micro(values["cost_per_day"])
    values["blocked"] = tuple(values.get("blocked", ()))
    return InboundLimits(**values)
