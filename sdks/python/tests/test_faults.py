"""A network that fails in every way: what is asked for is done once, and every failure has its type.

VANIAGENT_FAULT_CREATES (60) and VANIAGENT_FEED_CUTS (15) say how much; `make drill ARGS=sdks` takes 500 and 100.
"""

from __future__ import annotations

import asyncio
import os
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import BUSY
from faulty import HTTP_FAULTS, CuttingTunnel, FaultyServer

from vaniagent import (
    APIConnectionError,
    AsyncVaniAgent,
    InternalServerError,
    RateLimitError,
    VaniAgent,
    VaniAgentError,
)

CREATES = int(os.environ.get("VANIAGENT_FAULT_CREATES", "60"))
CUTS = int(os.environ.get("VANIAGENT_FEED_CUTS", "15"))
# How often a thing is begun anew, with its own key, before the test gives up.
MOST_BEGINNINGS = 50
TIMEOUT = 3.0


@pytest.fixture
def faulty(place):
    with FaultyServer(place.port, seed=6, share=0.5, late=TIMEOUT + 1) as faulty:
        yield faulty


def test_every_create_makes_one_call(place, client, faulty):
    agent = client.agents.create(name="Faults", voice="joe")
    mine = VaniAgent(api_key=place.key, base_url=f"http://127.0.0.1:{faulty.port}/v1", timeout=TIMEOUT, max_retries=2)
    failures: Counter[str] = Counter()

    def create(number: int) -> tuple[int, str]:
        key = str(uuid.uuid4())
        for _ in range(MOST_BEGINNINGS):
            try:
                call = mine.calls.create(
                    agent_id=agent.id, to_number=BUSY, metadata={"number": number}, idempotency_key=key
                )
            except VaniAgentError as error:
                failures[type(error).__name__] += 1
            else:
                # The answer is this request's, and no other's.
                assert call.metadata == {"number": number}
                return number, call.id
        raise AssertionError(f"create {number} never succeeded")

    with ThreadPoolExecutor(6) as threads:
        made = dict(threads.map(create, range(CREATES)))

    there = {call.metadata["number"]: call.id for call in client.calls.list(agent_id=agent.id, limit=100)}
    assert client.calls.list(agent_id=agent.id).total == CREATES
    assert there == made
    assert set(faulty.happened) >= set(HTTP_FAULTS) or CREATES < 60
    print(f"\n{CREATES} creates, {dict(faulty.happened)}, errors that came through: {dict(failures)}")


def test_without_retries_every_failure_is_typed(place, faulty):
    mine = VaniAgent(api_key=place.key, base_url=f"http://127.0.0.1:{faulty.port}/v1", timeout=TIMEOUT, max_retries=0)
    outcomes: Counter[str] = Counter()

    for _ in range(CREATES):
        try:
            outcomes[type(mine.account.get()).__name__] += 1
        except (APIConnectionError, InternalServerError, RateLimitError) as error:
            outcomes[type(error).__name__] += 1

    assert sum(outcomes.values()) == CREATES
    assert outcomes["Account"] > 0
    assert len(outcomes) >= 4


def test_asyncio_makes_one_call_for_each_create(place, client, faulty):
    agent = client.agents.create(name="Faults of asyncio", voice="joe")

    async def use() -> None:
        url = f"http://127.0.0.1:{faulty.port}/v1"
        async with AsyncVaniAgent(api_key=place.key, base_url=url, timeout=TIMEOUT, max_retries=20) as mine:
            creates = [
                mine.calls.create(agent_id=agent.id, to_number=BUSY, metadata={"number": number})
                for number in range(12)
            ]
            made = await asyncio.gather(*creates)
        assert [call.metadata["number"] for call in made] == list(range(12))

    asyncio.run(use())

    assert client.calls.list(agent_id=agent.id).total == 12


def test_a_feed_that_is_cut_loses_and_repeats_nothing(place, client, agent):
    """Notes are given all the while; each is an event."""
    cut = 0
    for seed in range(1000):
        if cut >= CUTS:
            break
        with CuttingTunnel(place.port, seed=seed, most_bytes=1500) as tunnel:
            heard, there = followed(place, client, agent, tunnel)
        assert [event.seq for event in heard] == list(range(1, len(there) + 1))
        assert heard == there
        cut += tunnel.cuts
    assert cut >= CUTS
    print(f"\n{cut} cuts")


def followed(place, client, agent, tunnel):
    call = client.calls.create(agent_id=agent.id, to_number="+15005550009")
    mine = VaniAgent(api_key=place.key, base_url=f"http://127.0.0.1:{tunnel.port}/v1")

    def talk() -> None:
        with client.calls.stream(call.id) as direct:
            for event in direct:
                if event.type == "call.answered":
                    break
            for number in range(25):
                direct.note(f"Note {number}: {'long ' * 20}")
                if number % 8 == 7:
                    # The notes so far have arrived.
                    for event in direct:
                        if event.type == "call.note" and f"Note {number}:" in event.text:
                            break
            direct.hangup()

    talking = threading.Thread(target=talk)
    talking.start()
    heard = [event for event in mine.calls.stream(call.id) if event.seq is not None]
    talking.join(60)
    return heard, list(client.calls.stream(call.id))


def test_asyncio_follows_a_cut_feed_as_well(place, client, agent):
    call = client.calls.create(agent_id=agent.id, to_number=BUSY)
    client.calls.wait(call.id, timeout=60)
    there = [event.seq for event in client.calls.stream(call.id)]

    async def follow(port: int) -> list[int]:
        async with AsyncVaniAgent(api_key=place.key, base_url=f"http://127.0.0.1:{port}/v1") as mine:
            return [event.seq async for event in mine.calls.stream(call.id)]

    cuts = 0
    for seed in range(12):
        with CuttingTunnel(place.port, seed=seed, most_bytes=800) as tunnel:
            assert asyncio.run(follow(tunnel.port)) == there
        cuts += tunnel.cuts
    assert cuts > 0


def test_a_feed_that_cannot_be_reached_is_given_up(place):
    with CuttingTunnel(place.port, seed=1, most_bytes=2) as tunnel:
        mine = VaniAgent(api_key=place.key, base_url=f"http://127.0.0.1:{tunnel.port}/v1")
        with pytest.raises(APIConnectionError, match="cannot be reached"):
            next(mine.calls.stream("call_1"))

    assert tunnel.cuts == 9
