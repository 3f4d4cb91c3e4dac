"""Counting requests in Redis, and without it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
import redis
from django.conf import settings
from redis.exceptions import ConnectionError as RedisConnectionError

from vaniagent.lib import rate_limits
from vaniagent.lib.rate_limits import HOUR, MINUTE, Window, count

NOW = 1_795_373_765.5  # 54.5 s before the minute ends
MINUTE_ENDS = 1_795_373_820
HOUR_ENDS = 1_795_374_000


@pytest.fixture
def client_name() -> Any:
    return f"test-{uuid.uuid4()}"


@pytest.fixture
def without_redis() -> Iterator[Any]:
    counters = rate_limits._Counters("redis://127.0.0.1:1/0")
    with mock.patch.object(rate_limits, "_counters", autospec=True, return_value=counters):
        yield counters


@pytest.fixture
def own_counters() -> Iterator[Any]:
    counters = rate_limits._Counters(settings.REDIS_URL)
    with mock.patch.object(rate_limits, "_counters", autospec=True, return_value=counters):
        yield counters


def windows(per_minute: Any, per_hour: Any) -> Any:
    return [Window("minute", MINUTE, per_minute), Window("hour", HOUR, per_hour)]


def test_tells_the_window_with_the_fewest_left(client_name: Any) -> None:
    first = count(client=client_name, windows=windows(5, 3), now=NOW)

    assert first == rate_limits.Verdict(allowed=True, limit=3, remaining=2, reset_at=HOUR_ENDS, retry_after=235)


def test_the_minute_wins_a_tie(client_name: Any) -> None:
    first = count(client=client_name, windows=windows(3, 3), now=NOW)

    assert first.reset_at == MINUTE_ENDS
    assert first.headers() == {
        "X-RateLimit-Limit": "3",
        "X-RateLimit-Remaining": "2",
        "X-RateLimit-Reset": str(MINUTE_ENDS),
    }


def test_refuses_past_the_limit_until_the_window_ends(client_name: Any) -> None:
    verdicts = [count(client=client_name, windows=windows(2, 100), now=NOW) for _ in range(4)]
    later = count(client=client_name, windows=windows(2, 100), now=NOW + verdicts[3].retry_after)

    assert [verdict.allowed for verdict in verdicts] == [True, True, False, False]
    assert verdicts[3].headers()["Retry-After"] == "55"
    assert verdicts[3].remaining == 0
    assert later.allowed
    assert later.remaining == 1


def test_a_refused_request_counts_nowhere(client_name: Any) -> None:
    for _ in range(5):
        count(client=client_name, windows=windows(2, 100), now=NOW)

    later = count(client=client_name, windows=windows(100, 100), now=MINUTE_ENDS + 1)

    assert (later.limit, later.remaining, later.reset_at) == (100, 97, HOUR_ENDS)


def test_counts_exactly_from_many_threads(client_name: Any) -> None:
    allowed = []

    def send() -> None:
        for _ in range(10):
            allowed.append(count(client=client_name, windows=windows(60, 1000), now=NOW).allowed)

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert allowed.count(True) == 60


def test_without_redis_each_process_counts_for_itself(client_name: Any, without_redis: Any) -> None:
    verdicts = [count(client=client_name, windows=windows(2, 100), now=NOW) for _ in range(3)]

    assert [verdict.allowed for verdict in verdicts] == [True, True, False]
    assert [verdict.remaining for verdict in verdicts] == [1, 0, 0]


def test_without_redis_it_is_not_asked_each_time(client_name: Any, without_redis: Any) -> None:
    with mock.patch.object(without_redis, "count_in_redis", autospec=True, side_effect=RedisConnectionError) as asked:
        for _ in range(3):
            count(client=client_name, windows=windows(2, 100), now=NOW)

    assert asked.call_count == 1


def test_goes_on_counting_in_redis_where_its_connections_were_closed_meanwhile(
    client_name: Any, own_counters: Any
) -> None:
    count(client=client_name, windows=windows(5, 100), now=NOW)
    with redis.Redis.from_url(settings.REDIS_URL) as control:
        own_counters._idle[0].send_command("CLIENT", "ID")
        control.client_kill_filter(_id=own_counters._idle[0].read_response())

    assert count(client=client_name, windows=windows(5, 100), now=NOW).remaining == 3
    assert own_counters.redis_paused_until == 0


def test_goes_on_counting_where_redis_has_forgotten_the_script(client_name: Any, own_counters: Any) -> None:
    count(client=client_name, windows=windows(5, 100), now=NOW)
    with redis.Redis.from_url(settings.REDIS_URL) as control:
        control.script_flush()

    remaining = [count(client=client_name, windows=windows(5, 100), now=NOW).remaining for _ in range(2)]

    assert remaining == [3, 2]
    assert own_counters.redis_paused_until == 0


def test_threads_share_connections_and_no_count_is_lost(client_name: Any, own_counters: Any) -> None:
    def ask() -> None:
        for _ in range(20):
            count(client=client_name, windows=windows(1_000, 1_000), now=NOW)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count(client=client_name, windows=windows(1_000, 1_000), now=NOW).remaining == 1_000 - 81
    assert 1 <= len(own_counters._idle) <= 4
