"""How many sockets an account has open, over all web processes: counted in Redis, each with a time to live.

A process that dies leaves its sockets counted until that is over. While Redis is away nobody is turned away.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from typing import Final

import redis
from django.conf import settings
from redis.commands.core import Script
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

SECONDS_TO_LIVE: Final = 30

# ARGV: seconds to live, the most there may be, names. Answers how many of the names are counted. Those that are stay.
_ENTER: Final = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local room = tonumber(ARGV[2]) - redis.call('ZCARD', KEYS[1])
local counted = 0
for i = 3, #ARGV do
  local known = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if known or room > 0 then
    if not known then room = room - 1 end
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[i])
    counted = counted + 1
  end
end
if counted > 0 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return counted
"""


def enter(*, account_id: int, name: str) -> bool:
    """Count a socket of the account. False where it has as many as it may."""
    most = settings.FEED_SOCKETS_PER_ACCOUNT
    try:
        return bool(_script()(keys=[_key(account_id)], args=[SECONDS_TO_LIVE, most, name]))
    except RedisError as error:
        logger.warning("sockets are not counted: Redis is away", extra={"error": str(error)})
        return True


def stay(*, account_id: int, names: Iterable[str]) -> None:
    """These sockets of the account are still open."""
    try:
        _script()(keys=[_key(account_id)], args=[SECONDS_TO_LIVE, 1_000_000, *names])
    except RedisError as error:
        logger.warning("sockets are not counted: Redis is away", extra={"error": str(error)})


def leave(*, account_id: int, name: str) -> None:
    try:
        _client().zrem(_key(account_id), name)
    except RedisError as error:
        logger.warning("sockets are not counted: Redis is away", extra={"error": str(error)})


def _key(account_id: int) -> str:
    return f"{settings.BUS_PREFIX}:feed:sockets:{account_id}"


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


@cache
def _script() -> Script:
    return _client().register_script(_ENTER)
