from __future__ import annotations

from collections.abc import Iterator

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from vaniagent.lib import groups


@pytest.fixture
def moved(settings) -> Iterator[None]:
    """The channel layer's Redis is where nobody listens."""
    layer = settings.CHANNEL_LAYERS["default"]
    config = {**layer["CONFIG"], "hosts": [{"address": "redis://127.0.0.1:1/0"}]}
    settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": config}}
    groups._client.cache_clear()
    yield
    groups._client.cache_clear()


async def test_each_group_hears_what_its_layer_would_have_said():
    layer = get_channel_layer()
    first, second = await layer.new_channel(), await layer.new_channel()
    await layer.group_add("test.first", first)
    await layer.group_add("test.second", second)
    message = {"type": "feed.message", "message": {"text": "Zażółć", "seq": 1, "none": None}}

    await sync_to_async(groups.send)(("test.first", "test.second"), message)

    assert await layer.receive(first) == message
    assert await layer.receive(second) == message
    await layer.flush()


def test_a_redis_that_is_away_is_said(moved):
    with pytest.raises(RedisError):
        groups.send(["test.first"], {"type": "feed.message"})
