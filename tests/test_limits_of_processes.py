"""Rate limits over web processes: exact while Redis is there, looser and without a failure while it is away."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from conftest import make_account, make_key
from ops.processes import free_port, spawn
from ops.stores import Valkey, store_environment
from tests.web_processes import get, web_process

pytestmark = pytest.mark.django_db(transaction=True)

REQUESTS = 130


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[tuple[str, object]]:
    """A Valkey that a test may kill."""
    store = Valkey(tmp_path / "valkey", port=free_port(f"{tmp_path} valkey"), durable=False)
    store.prepare()
    with (tmp_path / "valkey.log").open("wb") as output:
        process = spawn(
            store.argv(), env=store_environment(), cwd=store.directory, output=output, death_signal=signal.SIGKILL
        )
    for _ in range(100):
        if store.is_ready():
            break
        threading.Event().wait(0.05)
    yield store.url, process
    process.kill()
    process.wait(10)


def test_two_processes_admit_exactly_the_limit(tmp_path):
    with ExitStack() as stack:
        ports = [stack.enter_context(web_process(tmp_path / f"web{number}.log")) for number in range(2)]
        # All in one minute of the clock, or once more.
        for attempt in range(2):
            answers = at_once(ports, make_key(make_account(f"{attempt}@example.com")))
            if len({answer.headers["X-RateLimit-Reset"] for answer in answers}) == 1:
                break

    admitted = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status == 429]
    assert (len(admitted), len(refused)) == (100, REQUESTS - 100)
    assert sorted(int(answer.headers["X-RateLimit-Remaining"]) for answer in admitted) == [*range(100)]
    assert {answer.headers["X-RateLimit-Remaining"] for answer in refused} == {"0"}
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"100"}


def at_once(ports, key):
    gate = threading.Barrier(26)

    def send(number):
        if number < 26:
            gate.wait(30)
        return get(ports[number % 2], "/v1/voices?limit=1", key)

    with ThreadPoolExecutor(26) as threads:
        return list(threads.map(send, range(REQUESTS)))


def test_redis_that_dies_fails_no_request_and_is_said_once(tmp_path, own_valkey):
    url, process = own_valkey
    log = tmp_path / "web.log"
    key = make_key(make_account(requests_per_minute=10, requests_per_hour=1000))
    with web_process(log, REDIS_URL=url) as port:
        before = get(port, "/v1/voices", key)
        process.kill()
        process.wait(10)
        # Past the time for which a Redis that failed is left alone.
        during = [get(port, "/v1/voices", key)]
        threading.Event().wait(5.5)
        during += [get(port, "/v1/voices", key) for _ in range(24)]

    assert before.status == 200
    assert during[0].status == 200
    assert {answer.status for answer in during} == {200, 429}
    assert {answer.headers["X-RateLimit-Limit"] for answer in during} == {"10"}
    # Ten a minute of this process's own counting, in two minutes at most.
    assert 10 <= sum(answer.status == 200 for answer in during) <= 20
    assert log.read_text().count("Redis is away") == 1
