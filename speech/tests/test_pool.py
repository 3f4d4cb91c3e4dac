# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from speech.cache import PhraseCache
from speech.pool import Pool, Urgency


async def test_serves_the_most_urgent_first():
    order: list[str] = []
    gate = threading.Event()
    with Pool(workers=1) as pool:
        running = asyncio.ensure_future(pool.run(gate.wait, urgency=Urgency.AHEAD))
        waiting = [
            asyncio.ensure_future(pool.run(partial(order.append, name), urgency=urgency))
            for name, urgency in [
                ("ahead", Urgency.AHEAD),
                ("later", Urgency.LATER_PIECE),
                ("first", Urgency.FIRST_PIECE),
                ("second", Urgency.FIRST_PIECE),
            ]
        ]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(running, *waiting)

    assert order == ["first", "second", "later", "ahead"]


async def test_what_nobody_waits_for_any_more_never_starts():
    started: list[str] = []
    gate = threading.Event()
    with Pool(workers=1) as pool:
        running = asyncio.ensure_future(pool.run(gate.wait, urgency=Urgency.AHEAD))
        given_up = asyncio.ensure_future(pool.run(lambda: started.append("given up"), urgency=Urgency.AHEAD))
        await asyncio.sleep(0)
        given_up.cancel()
        gate.set()
        await running
        await pool.run(lambda: started.append("next"), urgency=Urgency.AHEAD)

    assert started == ["next"]


async def test_a_cancelled_job_frees_its_thread_when_done():
    gate = threading.Event()
    with Pool(workers=1) as pool:
        running = asyncio.ensure_future(pool.run(gate.wait, urgency=Urgency.AHEAD))
        await asyncio.sleep(0)
        running.cancel()
        waiting = asyncio.ensure_future(pool.run(lambda: "ran", urgency=Urgency.AHEAD))
        await asyncio.sleep(0)
        assert not waiting.done()
        gate.set()

        assert await waiting == "ran"


async def test_an_error_is_the_callers_and_the_pool_goes_on():
    with Pool(workers=1) as pool:
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 / 0, urgency=Urgency.AHEAD)

        assert await pool.run(lambda: "ran", urgency=Urgency.AHEAD) == "ran"


def test_the_cache_forgets_the_least_recently_used():
    cache = PhraseCache(max_bytes=80)
    for name in "abcdefgh":
        cache.put(name, bytes(10))
    cache.get("a")

    cache.put("i", bytes(10))

    assert cache.get("a") == bytes(10)
    assert cache.get("b") is None
    assert cache.size == 80


def test_the_cache_keeps_no_giants():
    cache = PhraseCache(max_bytes=80)

    cache.put("giant", bytes(11))

    assert cache.get("giant") is None
    assert cache.size == 0


def test_the_cache_counts_a_phrase_once():
    cache = PhraseCache(max_bytes=80)

    cache.put("a", bytes(8))
    cache.put("a", bytes(6))

    assert cache.size == 6
