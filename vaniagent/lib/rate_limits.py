"""Rate limits: fixed windows aligned to the clock, counted in Redis for all web processes at once.

Where Redis is away each process counts for itself: limits become looser then, and no request fails for it.
"""

from __future__ import annotations

import hashlib
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import redis
from django.conf import settings
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError

log = logging.getLogger(__name__)

MINUTE: Final = 60
HOUR: Final = 3600

REDIS_TIMEOUT_SECONDS: Final = 0.25
# After a failure Redis is left alone for so long, or every request would wait for its time-out.
REDIS_PAUSE_SECONDS: Final = 5.0
LOCAL_COUNTERS_KEPT: Final = 10_000

# Counts a request in all of its windows or, where one of them is full, in none. KEYS: the counters; ARGV: limit and
# seconds to live, by turns. Answers the counts, and whether it was let through.
_COUNT: Final = """
local counts, full = {}, 0
for i = 1, #KEYS do
  counts[i] = tonumber(redis.call('GET', KEYS[i]) or '0')
  if counts[i] >= tonumber(ARGV[2 * i - 1]) then full = 1 end
end
if full == 0 then
  for i = 1, #KEYS do
    counts[i] = redis.call('INCR', KEYS[i])
    if counts[i] == 1 then redis.call('EXPIRE', KEYS[i], ARGV[2 * i]) end
  end
end
return {full, unpack(counts)}
"""
_COUNT_DIGEST: Final = hashlib.sha1(_COUNT.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Window:
    name: str
    seconds: int
    limit: int

    def ends_at(self, now: float) -> int:
        """Unix time at which the window that holds `now` ends."""
        return (int(now) // self.seconds + 1) * self.seconds


@dataclass(frozen=True)
class Verdict:
    """What the limits say of one request, in the numbers of the window with the fewest requests left."""

    allowed: bool
    limit: int
    remaining: int
    reset_at: int
    retry_after: int

    def headers(self) -> dict[str, str]:
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_at),
        }
        if not self.allowed:
            headers["Retry-After"] = str(self.retry_after)
        return headers


def count(*, client: str, windows: Sequence[Window], now: float) -> Verdict:
    """Count one request of `client` in each of its windows, unless one of them is full."""
    keys = [f"{settings.BUS_PREFIX}:rate:{client}:{window.name}:{window.ends_at(now)}" for window in windows]
    full, counts = _count(keys, windows)

    left = [max(window.limit - counted, 0) for window, counted in zip(windows, counts, strict=True)]
    # The first of equals wins, and the minute comes first.
    tightest = min(range(len(windows)), key=lambda i: left[i])
    reset_at = windows[tightest].ends_at(now)
    waits = [window.ends_at(now) for window, rest in zip(windows, left, strict=True) if rest == 0]
    return Verdict(
        allowed=not full,
        limit=windows[tightest].limit,
        remaining=left[tightest],
        reset_at=reset_at,
        # Who waits for so many whole seconds is not refused again.
        retry_after=math.ceil(max(waits, default=reset_at) - now),
    )


def _count(keys: list[str], windows: Sequence[Window]) -> tuple[bool, list[int]]:
    counters = _counters()
    if time.monotonic() >= counters.redis_paused_until:
        try:
            counted = counters.count_in_redis(keys, windows)
        except RedisError as error:
            counters.redis_paused_until = time.monotonic() + REDIS_PAUSE_SECONDS
            if counters.was_away(True) is False:
                log.warning("Redis is away: this process counts requests by itself", extra={"error": str(error)})
        else:
            if counters.was_away(False):
                log.warning("Redis is back: requests are counted for all processes")
            return counted

    return counters.count_here(keys, windows)


class _Counters:
    """This process's connection to the counters, and its own for when Redis is away."""

    def __init__(self, url: str) -> None:
        self._pool = redis.ConnectionPool.from_url(
            url, socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
        )
        # A deque is as good as a lock to threads, and costs less than what a client of Redis does around each command.
        self._idle: deque[Any] = deque()
        self.redis_paused_until = 0.0
        self._lock = threading.Lock()
        self._local: dict[str, int] = {}
        self._is_away = False

    def was_away(self, is_away: bool) -> bool:
        """What was known of Redis until now; of many requests that find a change one is told of it."""
        with self._lock:
            before, self._is_away = self._is_away, is_away
            return before

    def count_in_redis(self, keys: list[str], windows: Sequence[Window]) -> tuple[bool, list[int]]:
        arguments: list[int] = []
        for window in windows:
            arguments += [window.limit, window.seconds + 1]
        try:
            answer = self._ask("EVALSHA", _COUNT_DIGEST, len(keys), *keys, *arguments)
        except NoScriptError:
            # Redis keeps it from now on.
            answer = self._ask("EVAL", _COUNT, len(keys), *keys, *arguments)
        return bool(answer[0]), [int(counted) for counted in answer[1:]]

    def _ask(self, *words: str | int) -> Any:
        """Redis's answer to a command, over a connection that nobody else uses meanwhile."""
        try:
            link = self._idle.pop()
        except IndexError:
            link = self._pool.make_connection()
        try:
            answer = _exchange(link, words)
        except RedisConnectionError:
            # Closed while it rested.
            answer = _exchange(link, words)
        self._idle.append(link)
        return answer

    def count_here(self, keys: list[str], windows: Sequence[Window]) -> tuple[bool, list[int]]:
        with self._lock:
            if len(self._local) > LOCAL_COUNTERS_KEPT:
                self._local.clear()
            counts = [self._local.get(key, 0) for key in keys]
            full = any(counted >= window.limit for window, counted in zip(windows, counts, strict=True))
            if not full:
                counts = [counted + 1 for counted in counts]
                self._local.update(zip(keys, counts, strict=True))
            return full, counts


def _exchange(link: Any, words: Sequence[str | int]) -> Any:
    link.send_command(*words)
    return link.read_response()


@cache
def _counters() -> _Counters:
    return _Counters(settings.REDIS_URL)
