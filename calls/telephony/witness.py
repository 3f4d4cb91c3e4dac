"""Who is there at the other end of the bus, seen from the holder of a leg.

A killed process drops its connection at once, so publishing to it reaches nobody. A process that hangs still counts
as a receiver, but its heartbeats stay away. Neither is judged by a holder that was late itself, nor while Redis is
away or has just come back: the subscriptions follow one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Publishing reached nobody for so long: the process is gone.
GONE_SECONDS: Final = 0.1
# No heartbeat for so long: it hangs. Death shows sooner, and a busy machine must not look like it.
HUNG_SECONDS: Final = 2.0
# A tick so late, within the last GRACE_SECONDS, and the holder judges nobody.
LATE_SECONDS: Final = 0.5
# Names kept of those that are not there; a process never comes back under its old one.
MOST_UNHEARD: Final = 100
# What everybody is given after the bus came back.
GRACE_SECONDS: Final = 2.0


class Witness:
    def __init__(self) -> None:
        # By time.monotonic(); None while the bus is there.
        self.away_since: float | None = None
        self._back_at = float("-inf")
        # When publishing reached nobody for the first time, and the last.
        self._unheard: dict[str, tuple[float, float]] = {}

    def published(self, receivers: Mapping[str, int], *, now: float) -> None:
        """So many processes heard what was sent, by receiver."""
        if self.away_since is not None:
            self.away_since = None
            self._back_at = now
        if len(self._unheard) > MOST_UNHEARD:
            self._unheard = {name: seen for name, seen in self._unheard.items() if now - seen[1] < HUNG_SECONDS}
        for name, count in receivers.items():
            if count:
                self._unheard.pop(name, None)
            else:
                self._unheard[name] = (self._unheard.get(name, (now, now))[0], now)

    def bus_is_away(self, *, now: float) -> None:
        self._unheard.clear()
        if self.away_since is None:
            self.away_since = now

    def forget(self, name: str) -> None:
        self._unheard.pop(name, None)

    def may_judge(self, *, now: float) -> bool:
        return self.away_since is None and now - self._back_at >= GRACE_SECONDS

    def is_gone(self, name: str) -> bool:
        """Whether it is gone by what publishing said, a first and a second time."""
        first, last = self._unheard.get(name, (0.0, 0.0))
        return last - first >= GONE_SECONDS

    def is_hung(self, *, last_beat: float, now: float) -> bool:
        return now - max(last_beat, self._back_at) >= HUNG_SECONDS
