"""What load balancers ask."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from vaniagent import health


def test_the_process_is_up(client: Any) -> None:
    r = client.get("/healthz")

    assert (r.status_code, r.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_the_stores_are_there(client: Any) -> None:
    r = client.get("/readyz")

    assert (r.status_code, r.json()) == (200, {"status": "ok", "database": "ok", "redis": "ok"})


@pytest.mark.django_db
def test_a_store_is_away(client: Any) -> None:
    with mock.patch.object(health, "_client", autospec=True) as redis_client:
        redis_client.return_value.ping.side_effect = RedisConnectionError
        r = client.get("/readyz")

    assert (r.status_code, r.json()) == (503, {"status": "unavailable", "database": "ok", "redis": "away"})
