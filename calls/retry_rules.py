"""When a call that came to nothing is tried again: after which ends, how often, how far apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from calls.telephony.base import EndReason

MOST_ATTEMPTS: Final = 10
SHORTEST_GAP: Final = 60
LONGEST_GAP: Final = 7 * 24 * 60 * 60

# After these another attempt makes sense; the rest was said, or will not change.
OUTCOMES: Final = (
    EndReason.BUSY,
    EndReason.NO_ANSWER,
    EndReason.REJECTED,
    EndReason.VOICEMAIL,
    EndReason.VOICEMAIL_LEFT,
    EndReason.CARRIER_ERROR,
    EndReason.NO_CAPACITY,
    EndReason.SPEECH_ERROR,
    EndReason.MEDIA_LOST,
    EndReason.WORKER_LOST,
    EndReason.INTERNAL_ERROR,
)
USUAL_OUTCOMES: Final = (EndReason.BUSY, EndReason.NO_ANSWER)


class BadRule(ValueError):
    """This is no rule; says why, and `field` which part."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class RetryRule:
    """`gaps`, in seconds: one for each further attempt."""

    outcomes: tuple[str, ...]
    gaps: tuple[int, ...]

    def gap_after(self, *, attempt: int, reason: str) -> timedelta | None:
        """How long after the `attempt`-th call (from 1), which ended so, the next one comes; None: not at all."""
        if reason not in self.outcomes or attempt > len(self.gaps):
            return None
        return timedelta(seconds=self.gaps[attempt - 1])

    def as_json(self) -> dict[str, Any]:
        """As it is kept and shown: one number where all gaps are alike."""
        every: int | list[int] = self.gaps[0] if len(set(self.gaps)) == 1 else list(self.gaps)
        return {"outcomes": list(self.outcomes), "attempts": len(self.gaps), "every": every}


def make(*, outcomes: Sequence[str] | None, attempts: int | None, every: int | Sequence[int]) -> RetryRule:
    """A rule as a client asks for it. Raises BadRule."""
    wanted = tuple(dict.fromkeys(USUAL_OUTCOMES if outcomes is None else outcomes))
    if not wanted:
        raise BadRule("outcomes", _("Name at least one outcome."))
    for outcome in wanted:
        if outcome not in OUTCOMES:
            raise BadRule(
                "outcomes", _("After one of these a call can be tried again: %(all)s.") % {"all": ", ".join(OUTCOMES)}
            )
    if isinstance(every, int):
        gaps = (every,) * (1 if attempts is None else attempts)
    else:
        gaps = tuple(every)
        if attempts is not None and attempts != len(gaps):
            raise BadRule("every", _("A list of gaps has one for each attempt."))
    if not 1 <= len(gaps) <= MOST_ATTEMPTS:
        raise BadRule("attempts", _("1 to %(most)d further attempts.") % {"most": MOST_ATTEMPTS})
    if not all(SHORTEST_GAP <= gap <= LONGEST_GAP for gap in gaps):
        raise BadRule("every", _("A gap has 60 seconds to 7 days."))
    return RetryRule(tuple(str(outcome) for outcome in wanted), gaps)


def read(kept: Mapping[str, Any]) -> RetryRule:
    """A rule as it is kept."""
    every, attempts = kept["every"], kept["attempts"]
    gaps = (every,) * attempts if isinstance(every, int) else tuple(every)
    return RetryRule(tuple(kept["outcomes"]), gaps)
