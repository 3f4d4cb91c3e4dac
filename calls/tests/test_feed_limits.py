"""What a key, a socket and an account may do on the live feed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account, ApiKey
from calls.consumers import feed, rounds, sockets
from calls.models import Call, CallEvent
from calls.tests.conftest import make_call
from calls.tests.test_feed import Client, error_of
from conftest import make_agent, make_key

pytestmark = [pytest.mark.usefixtures("queued"), pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _own_counters(settings: Any, request: pytest.FixtureRequest) -> None:
    """What other tests left counted is not this one's."""
    settings.BUS_PREFIX = f"test-{id(request)}"


@pytest.fixture
async def opened() -> AsyncIterator[list[Client]]:
    clients: list[Client] = []
    yield clients
    for client in clients:
        await client.close()


async def connect(opened: list[Client], key: str) -> tuple[Client, dict[str, Any]]:
    client = Client()
    await client.open()
    opened.append(client)
    await client.send(type="auth", api_key=key)
    return client, await client.receive()


def make_scoped_key(account: Account, *scopes: str) -> str:
    return accounts.create_api_key(account=account, mode="live", scopes=scopes)[1]


# --- Scopes ---


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "say", "text": "Hi."},
        {"type": "note", "text": "Hi."},
        {"type": "hangup"},
        {"type": "dtmf", "digits": "1"},
    ],
)
async def test_a_key_that_only_reads_does_nothing_to_calls(opened, account, call, frame):
    client, _ = await connect(opened, await sync_to_async(make_scoped_key)(account, "read"))
    await client.send(**frame, call_id=call.public_id)

    error_of("authentication_failed", "permission_error", None, await client.receive())
    await client.send(type="subscribe", call_id=call.public_id)
    assert (await client.receive())["type"] == "subscribed"
    assert await CallEvent.objects.filter(call=call).acount() == 1


async def test_a_key_that_only_calls_follows_nothing(opened, account, call):
    client, _ = await connect(opened, await sync_to_async(make_scoped_key)(account, "calls"))
    for frame in ({"type": "subscribe", "call_id": call.public_id}, {"type": "subscribe"}, {"type": "unsubscribe"}):
        await client.send(**frame)
        error_of("authentication_failed", "permission_error", None, await client.receive())

    await client.send(type="hangup", call_id=call.public_id)
    assert await client.hears_nothing()
    assert (await Call.objects.aget(pk=call.pk)).status == "failed"


# --- Numbers ---


async def test_a_socket_names_so_many_calls(opened, account, settings):
    settings.FEED_CALLS_PER_SOCKET = 2
    agent = await sync_to_async(make_agent)(account)
    calls = [(await sync_to_async(make_call)(agent)).public_id for _ in range(3)]
    client, _ = await connect(opened, await sync_to_async(make_key)(account))

    for call_id in calls[:2]:
        await client.send(type="subscribe", call_id=call_id, after=1)
        assert (await client.receive())["type"] == "subscribed"
    await client.send(type="subscribe", call_id=calls[2])
    error_of("invalid_request", "validation_error", "call_id", await client.receive())

    # One that is followed already is no new one, and one that is left makes room.
    await client.send(type="subscribe", call_id=calls[0], after=1)
    await client.send(type="unsubscribe", call_id=calls[0])
    await client.send(type="subscribe", call_id=calls[2], after=1)
    assert [frame["type"] for frame in await client.receive_all(3)] == ["subscribed", "unsubscribed", "subscribed"]


async def test_an_account_opens_so_many_sockets(opened, account, other_account, settings):
    settings.FEED_SOCKETS_PER_ACCOUNT = 2
    key, other_key = await sync_to_async(make_key)(account), await sync_to_async(make_key)(other_account)
    first, _ = await connect(opened, key)
    _, answer = await connect(opened, key)
    assert answer == {"type": "authenticated"}

    third, refusal = await connect(opened, key)
    error_of("rate_limit_exceeded", "rate_limit_error", None, refusal)
    assert await third.close_code() == 4429
    _, others = await connect(opened, other_key)
    assert others == {"type": "authenticated"}

    await first.close()
    _, answer = await connect(opened, key)
    assert answer == {"type": "authenticated"}


def test_sockets_of_a_dead_process_are_forgotten(monkeypatch, settings):
    settings.FEED_SOCKETS_PER_ACCOUNT = 1
    monkeypatch.setattr(sockets, "SECONDS_TO_LIVE", -1)
    assert sockets.enter(account_id=1, name="of-the-dead")
    monkeypatch.setattr(sockets, "SECONDS_TO_LIVE", 30)

    assert sockets.enter(account_id=1, name="one")
    assert not sockets.enter(account_id=1, name="two")
    # Who is there stays, whatever the limit is by now.
    sockets.stay(account_id=1, names=["one", "three"])
    sockets.leave(account_id=1, name="one")
    assert not sockets.enter(account_id=1, name="two")


# --- Time ---


async def test_a_socket_that_is_forgotten_is_closed(opened, account, monkeypatch):
    monkeypatch.setattr(feed, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(rounds, "KEYS_EVERY_SECONDS", 0.05)
    client, _ = await connect(opened, await sync_to_async(make_key)(account))

    assert await client.close_code() == 4408


async def test_a_socket_that_follows_is_not_idle(opened, account, monkeypatch):
    monkeypatch.setattr(feed, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(rounds, "KEYS_EVERY_SECONDS", 0.05)
    client = Client()
    await client.open()
    opened.append(client)
    await client.send(type="auth", api_key=await sync_to_async(make_key)(account))
    await client.send(type="subscribe")
    await client.receive_all(2)

    await asyncio.sleep(0.3)
    assert await client.hears_nothing()


# --- Fairness ---


async def test_a_flood_of_one_account_s_frames_delays_nobody_else(account, other_account, opened, monkeypatch):
    """Every frame of the flood holds a thread until it is let go: others get theirs all the same."""
    call = await sync_to_async(make_call)(await sync_to_async(make_agent)(account))
    other_call = await sync_to_async(make_call)(await sync_to_async(make_agent)(other_account))
    key, other_key = await sync_to_async(make_key)(account), await sync_to_async(make_key)(other_account)
    flood = [(await connect(opened, key))[0] for _ in range(8)]
    bystander, _ = await connect(opened, other_key)
    let_go, find = threading.Event(), feed._find_call

    def find_slowly(account_id: int, call_id: str) -> Call:
        if account_id == account.pk:
            let_go.wait(timeout=30)
        return find(account_id, call_id)

    monkeypatch.setattr(feed, "_find_call", find_slowly)
    try:
        for client in flood:
            await client.send(type="note", call_id=call.public_id, text="Hi.")
        await bystander.send(type="subscribe", call_id=other_call.public_id)
        assert (await bystander.receive())["type"] == "subscribed"

        await sync_to_async(ApiKey.objects.filter(account=other_account).update)(revoked_at=timezone.now())
        assert await bystander.close_code() == 4401
    finally:
        let_go.set()
