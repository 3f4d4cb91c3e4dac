"""The silence of somebody who may have gone: two questions into it, and then the end."""

from __future__ import annotations

from typing import Final

ASKED_BEFORE_THE_END: Final = 2


class Silence:
    """Counts from when both fell silent. The questions into it do not break it, only the caller does."""

    def __init__(self) -> None:
        self._since = 0.0
        self._asked = 0
        # Whether the caller has said anything at all.
        self.is_broken = False
        # The question that was asked last.
        self.question = ""

    @property
    def was_asked_into(self) -> bool:
        return self._asked > 0

    def restart(self, now: float) -> None:
        self._since = now

    def caller_spoke(self) -> None:
        self._asked = 0
        self.is_broken = True

    def next_question(self, now: float, *, timeout: float) -> int | None:
        """The number of the question that is due, from 1; None if none is."""
        if self._asked < ASKED_BEFORE_THE_END and now - self._since >= timeout * (self._asked + 1) / 3:
            self._asked += 1
            return self._asked
        return None

    def is_over(self, now: float, *, timeout: float) -> bool:
        return now - self._since >= timeout
