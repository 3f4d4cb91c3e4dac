"""`listen` on the live feed: the account's webhooks, signed, on a socket."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from accounts import services as accounts
from accounts.models import Account
from calls import events
from calls.consumers import feed, forwarding, outgoing, rounds
from calls.models import Call
from calls.services import lifecycle, starting
from calls.tests.conftest import NOW, answer
from calls.tests.test_feed import Client, drop_announcements, error_of, in_database
from conftest import make_key
from webhooks.models import Delivery, Event, Forward, Listener

pytestmark = [pytest.mark.usefixtures("queued"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
async def open_client(account: Account) -> AsyncIterator[Callable[[], Any]]:
    clients: list[Client] = []

    async def opened(key: str | None = None) -> Client:
        client = Client()
        await client.open()
        clients.append(client)
        await client.send(type="auth", api_key=key or await in_database(make_key, account))
        assert await client.receive() == {"type": "authenticated"}
        return client

    yield opened
    for client in clients:
        await client.close()


async def listen(client: Client, **frame: Any) -> dict[str, Any]:
    await client.send(type="listen", **frame)
    listening = await client.receive()
    assert listening["type"] == "listening", listening
    return listening


def note(call: Call) -> None:
    events.record(call, "transcript.ready", at=NOW)


def verify(secret: str, webhook: dict[str, Any]) -> Any:
    """Both published ways accept it; what it tells."""
    body, headers = webhook["body"].encode(), webhook["headers"]
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Vaniagent-Signature"] == expected
    return Webhook(secret).verify(body, headers)


async def test_hears_what_an_endpoint_would(open_client, call, endpoint):
    client = await open_client()
    listening = await listen(client, events=["call.completed", "call.failed"])
    await in_database(answer, call)
    await in_database(
        lifecycle.complete_call, call_id=call.public_id, token=None, reason="user_hangup", by="user", at=NOW
    )

    webhook = await client.receive()

    told = verify(listening["secret"], webhook)
    event = await Event.objects.aget(type="call.completed")
    delivery = await Delivery.objects.aget(event=event)
    assert (webhook["type"], webhook["event"], webhook["body"]) == ("webhook", "call.completed", event.body)
    assert told["data"]["metadata"] == {"customer_id": "cust_1"}
    assert webhook["headers"]["webhook-id"] == event.public_id
    assert webhook["headers"]["X-Vaniagent-Event"] == "call.completed"
    assert webhook["headers"]["X-Vaniagent-Delivery"] == webhook["id"] != delivery.public_id
    assert listening["secret"] != await in_database(lambda: endpoint.secret)


async def test_an_answered_webhook_is_forgotten(open_client, call):
    client = await open_client()
    await listen(client)
    await in_database(note, call)
    webhook = await client.receive()
    assert await Forward.objects.acount() == 1

    await client.send(type="webhook.answered", id=webhook["id"], status=500, ms=12)
    await client.send(type="webhook.answered", id="whd_unknown", status=None, ms=0)
    assert await client.hears_nothing()

    assert await Forward.objects.acount() == 0


async def test_who_comes_back_hears_what_was_not_answered_and_what_came_meanwhile(open_client, call):
    first = await open_client()
    session = await listen(first)
    await in_database(note, call)
    unanswered = await first.receive()
    await first.close()
    await in_database(note, call)

    second = await open_client()
    resumed = await listen(second, session=session["session"])
    again, missed = await second.receive_all(2)

    assert resumed == session
    assert (again["id"], again["body"]) == (unanswered["id"], unanswered["body"])
    assert missed["id"] != again["id"]
    assert await second.hears_nothing()


async def test_the_newer_socket_of_a_session_has_it(open_client, call):
    first, second = await open_client(), await open_client()
    session = await listen(first)
    await listen(second, session=session["session"])
    await in_database(note, call)

    assert (await second.receive())["type"] == "webhook"
    error_of("resource_not_found", "not_found_error", None, await first.receive())
    # The older one may begin anew.
    await listen(first)


async def test_lost_wake_ups_lose_nothing(open_client, call, monkeypatch):
    monkeypatch.setattr(rounds, "LOG_EVERY_SECONDS", 0.05)
    client = await open_client()
    await listen(client)
    drop_announcements(monkeypatch)
    for _ in range(10):
        await in_database(note, call)

    bodies = [webhook["headers"]["webhook-id"] for webhook in await client.receive_all(10)]

    assert bodies == [event.public_id async for event in Event.objects.order_by("pk")]


async def test_many_at_once_come_in_order(open_client, call):
    client = await open_client()
    await listen(client)
    await asyncio.gather(*(in_database(note, call) for _ in range(30)))

    heard = [webhook["headers"]["webhook-id"] for webhook in await client.receive_all(30)]

    assert heard == [event.public_id async for event in Event.objects.order_by("pk")]


async def test_other_accounts_and_other_events_are_not_heard(open_client, other_account, call):
    stranger = await open_client(await in_database(make_key, other_account))
    await listen(stranger)
    client = await open_client()
    await listen(client, events=["call.failed", "call.failed"])
    await in_database(note, call)

    assert await client.hears_nothing()
    assert await stranger.hears_nothing()
    assert await Event.objects.acount() == 0


async def test_a_sample_goes_to_those_who_listen_and_to_no_endpoint(open_client, endpoint):
    client, other = await open_client(), await open_client()
    listening = await listen(client)
    await other.send(type="sample", event="call.failed")

    sampled = await other.receive()
    told = verify(listening["secret"], await client.receive())

    assert (sampled["type"], sampled["event"], sampled["listeners"]) == ("sampled", "call.failed", 1)
    assert (told["event"], told["data"]["metadata"]) == ("call.failed", {"test": True})
    assert await Delivery.objects.acount() == 0


async def test_a_sample_that_nobody_hears_is_not_kept(open_client):
    client = await open_client()
    await client.send(type="sample", event="call.failed")

    assert (await client.receive())["listeners"] == 0
    assert await Event.objects.acount() == 0


async def test_after_unlisten_nothing_is_kept(open_client, call):
    client = await open_client()
    await listen(client)
    await client.send(type="unlisten")
    assert await client.receive() == {"type": "unlistened"}
    await in_database(note, call)

    assert await client.hears_nothing()
    assert (await Listener.objects.acount(), await Event.objects.acount()) == (0, 0)


async def test_an_account_listens_in_so_many_places(open_client, settings):
    settings.WEBHOOKS_MAX_LISTENERS = 1
    first, second = await open_client(), await open_client()
    await listen(first)
    await second.send(type="listen")
    error_of("rate_limit_exceeded", "rate_limit_error", None, await second.receive())

    await Listener.objects.aupdate(alive_until=timezone.now() - timedelta(seconds=1))
    await listen(second)


async def test_a_socket_that_is_open_stays_alive(open_client, monkeypatch):
    monkeypatch.setattr(rounds, "COUNT_EVERY_SECONDS", 0.02)
    client = await open_client()
    await listen(client)
    soon = timezone.now() + timedelta(seconds=5)
    await Listener.objects.aupdate(alive_until=soon)

    for _ in range(25):
        assert await client.hears_nothing()
        if await Listener.objects.filter(alive_until__gt=soon).aexists():
            return
    pytest.fail("nobody kept it alive")


async def test_it_needs_the_scope_to_make_an_endpoint(open_client, account):
    _, key = await in_database(accounts.create_api_key, account=account, mode="live", scopes=["read", "calls"])
    client = await open_client(key)
    for frame in ({"type": "listen"}, {"type": "sample", "event": "call.failed"}, {"type": "unlisten"}):
        await client.send(**frame)
        error_of("authentication_failed", "permission_error", None, await client.receive())

    assert await Listener.objects.acount() == 0


@pytest.mark.parametrize(
    ("frame", "param"),
    [
        ({"type": "listen", "events": "call.failed"}, "events"),
        ({"type": "listen", "events": ["call.answered"]}, "events"),
        ({"type": "listen", "events": []}, "events"),
        ({"type": "listen", "events": ["call.failed"], "session": "lsn_1"}, "events"),
        ({"type": "listen", "session": 7}, "session"),
        ({"type": "listen", "call_id": "call_1"}, "call_id"),
        ({"type": "sample"}, "event"),
        ({"type": "sample", "event": "call.answered"}, "event"),
        ({"type": "webhook.answered", "id": "whd_1", "status": 200, "ms": 1}, "type"),
        ({"type": "webhook.answered", "id": "whd_1", "status": 7, "ms": 1}, "status"),
        ({"type": "webhook.answered", "id": "whd_1", "status": 200, "ms": -1}, "ms"),
        ({"type": "webhook.answered", "status": 200, "ms": 1}, "id"),
    ],
)
async def test_refuses_what_cannot_be(open_client, frame, param):
    client = await open_client()
    await client.send(**frame)

    error_of("invalid_request", "validation_error", param, await client.receive())
    assert await Listener.objects.acount() == 0


async def test_a_stranger_does_not_go_on_with_a_session(open_client, other_account):
    session = await listen(await open_client())
    stranger = await open_client(await in_database(make_key, other_account))
    await stranger.send(type="listen", session=session["session"])

    error_of("resource_not_found", "not_found_error", "session", await stranger.receive())


async def test_who_answers_nothing_is_closed_in_the_end(open_client, call, monkeypatch):
    monkeypatch.setattr(forwarding, "MOST_UNANSWERED", 3)
    client = await open_client()
    await listen(client)
    for _ in range(3):
        await in_database(note, call)

    assert await client.close_code() == feed.SLOW_READER
    assert await Listener.objects.acount() == 0


async def test_who_does_not_read_costs_no_memory(open_client, call, monkeypatch):
    """What has no room waits in PostgreSQL."""
    monkeypatch.setattr(outgoing, "ROOM_BELOW", 0)
    client = await open_client()
    await listen(client)
    for _ in range(5):
        await in_database(note, call)

    assert await client.hears_nothing()
    assert await Forward.objects.filter(taken_by="").acount() == 5
    monkeypatch.undo()
    await client.send(type="sample", event="call.failed")
    assert len([frame for frame in await client.receive_all(7) if frame["type"] == "webhook"]) == 6


async def test_what_is_listened_to_keeps_a_socket_from_being_idle(open_client, monkeypatch):
    client = await open_client()
    await listen(client)
    monkeypatch.setattr(feed, "IDLE_SECONDS", 0.0)
    monkeypatch.setattr(rounds, "KEYS_EVERY_SECONDS", 0.05)

    assert await client.hears_nothing()
    await client.send(type="unlisten")
    assert await client.close_code() == feed.IDLE


async def test_the_body_is_told_as_it_is(open_client, account, agent):
    client = await open_client()
    listening = await listen(client)
    metadata = {"text": "Zürich 🎻 \u2028", "7": 1.5, "nested": [{"a": None}]}
    await in_database(
        starting.start_call,
        account=account,
        agent=agent,
        api_key=None,
        to_number="+14155550100",
        from_number=None,
        metadata=metadata,
        at=NOW,
    )

    webhook = await client.receive()
    assert verify(listening["secret"], webhook)["data"]["metadata"] == metadata
    assert json.loads(webhook["body"])["event"] == "call.started"
