"""Messages to groups of the channel layer from a thread that has no event loop.

`async_to_sync(layer.group_send)` makes a loop, a task and a connection for every message. Here a connection stays, and
what goes over it is the layer's own: its channels, its serialization.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

import redis
from channels.layers import get_channel_layer
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

# What somebody waits for a Redis that stands still.
TIMEOUT_SECONDS: Final = 1.0


def send(groups: Iterable[str], message: Mapping[str, Any]) -> None:
    """Tell all who are in one of these groups now. Raises RedisError where Redis is away."""
    serialized = get_channel_layer().serialize(message)
    with _client().pipeline(transaction=False) as pipeline:
        for group in groups:
            pipeline.publish(_channel(group), serialized)
        pipeline.execute()


def _channel(group: str) -> str:
    """Where `channels_redis.pubsub` listens for a group."""
    return f"{_config().get('prefix', 'asgi')}__group__{group}"


@cache
def _client() -> redis.Redis:
    # Once more at once: a connection that has rested may be gone, and a message that comes twice does no harm.
    return redis.Redis.from_url(
        _config()["hosts"][0]["address"],
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


def _config() -> Mapping[str, Any]:
    layers: Mapping[str, Any] = settings.CHANNEL_LAYERS
    config: Mapping[str, Any] = layers["default"]["CONFIG"]
    return config
