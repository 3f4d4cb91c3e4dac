from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.utils import timezone

from accounts.models import Account, ApiKey
from agents.models import Agent
from calls import events
from calls.consumers import feed, frames, outgoing, rounds
from calls.models import Call, CallEvent
from calls.routing import websockets
from calls.services import lifecycle
from calls.tests.conftest import NOW, WORKER, answer, make_call
from conftest import make_account, make_agent, make_key
from vaniagent.lib import groups

pytestmark = [pytest.mark.usefixtures("queued"), pytest.mark.django_db(transaction=True)]

# Enough for a busy machine; nothing waits for it to pass.
PATIENCE = 5


class Client:
    """A customer's socket."""

    def __init__(self) -> None:
        self._socket = WebsocketCommunicator(websockets, "/v1/ws")

    async def open(self) -> None:
        connected, _ = await self._socket.connect(timeout=PATIENCE)
        assert connected

    async def send(self, **frame: Any) -> None:
        await self._socket.send_json_to(frame)

    async def send_text(self, text: str) -> None:
        await self._socket.send_to(text_data=text)

    async def send_bytes(self, data: bytes) -> None:
        await self._socket.send_to(bytes_data=data)

    async def receive(self) -> dict[str, Any]:
        return await self._socket.receive_json_from(timeout=PATIENCE)

    async def receive_all(self, number: int) -> list[dict[str, Any]]:
        return [await self.receive() for _ in range(number)]

    async def hears_nothing(self) -> bool:
        return await self._socket.receive_nothing(timeout=0.2)

    async def close_code(self) -> int:
        """The code that the server closes with, after whatever it sends first."""
        while True:
            output = await self._socket.receive_output(timeout=PATIENCE)
            if output["type"] == "websocket.close":
                return output["code"]

    async def close(self) -> None:
        await self._socket.disconnect(timeout=PATIENCE)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    socket = Client()
    await socket.open()
    yield socket
    await socket.close()


@pytest.fixture
def key(account: Account) -> str:
    return make_key(account)


@pytest.fixture
async def known(client: Client, key: str) -> Client:
    """An authenticated socket."""
    await client.send(type="auth", api_key=key)
    assert await client.receive() == {"type": "authenticated"}
    return client


async def in_database(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return await sync_to_async(function)(*args, **kwargs)


def record(call: Call, text: str) -> None:
    events.record(call, "call.note", at=NOW, data={"text": text})


def drop_announcements(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a channel layer that loses what it is given."""
    monkeypatch.setattr(groups, "send", lambda *args: None)


def error_of(code: str, kind: str, param: str | None, frame: dict[str, Any]) -> None:
    assert frame["type"] == "error"
    assert set(frame["error"]) == {"code", "message", "param", "type"}
    assert (frame["error"]["code"], frame["error"]["type"], frame["error"]["param"]) == (code, kind, param)


# --- Who may ---


async def test_frames_may_be_sent_without_waiting(client, key, call):
    await client.send(type="auth", api_key=key)
    await client.send(type="subscribe", call_id=call.public_id)

    assert await client.receive_all(3) == [
        {"type": "authenticated"},
        {"type": "subscribed", "call_id": call.public_id},
        {"type": "call.started", "call_id": call.public_id, "seq": 1, "timestamp": "2026-03-01T12:00:00Z"},
    ]


@pytest.mark.parametrize("api_key", ["", "va_live_wrong", None, 7, "va_live_" + "0" * 38])
async def test_a_wrong_key_closes_the_socket(client, account, api_key):
    await client.send(type="auth", api_key=api_key)

    assert (await client.receive())["error"]["code"] == "authentication_failed"
    assert await client.close_code() == 4401


async def test_nothing_is_heard_before_authentication(client, call):
    await client.send(type="subscribe", call_id=call.public_id)

    error_of("authentication_failed", "authentication_error", None, await client.receive())
    assert await client.close_code() == 4401


async def test_who_does_not_authenticate_in_time_is_closed(monkeypatch):
    monkeypatch.setattr(feed, "AUTHENTICATE_SECONDS", 0.05)
    monkeypatch.setattr(rounds, "KEYS_EVERY_SECONDS", 0.02)
    late = Client()
    await late.open()

    assert await late.close_code() == 4408


async def test_a_revoked_key_closes_its_sockets(known):
    await ApiKey.objects.aupdate(revoked_at=timezone.now())

    async with asyncio.timeout(1.5):
        assert await known.close_code() == 4401


async def test_an_expired_key_closes_its_sockets(known):
    await ApiKey.objects.aupdate(expires_at=timezone.now() - timedelta(seconds=1))

    async with asyncio.timeout(1.5):
        assert await known.close_code() == 4401


async def test_somebody_else_s_call_does_not_exist(known):
    stranger = await in_database(make_account, "other@example.com")
    call = await in_database(lambda: make_call(make_agent(stranger)))

    for call_id in (call.public_id, "call_unknown"):
        for frame in (
            {"type": "subscribe"},
            {"type": "say", "text": "Hi."},
            {"type": "note", "text": "Hi."},
            {"type": "hangup"},
            {"type": "dtmf", "digits": "1"},
        ):
            await known.send(**frame, call_id=call_id)
            error_of("resource_not_found", "not_found_error", "call_id", await known.receive())

    await in_database(record, call, "secret")
    assert await known.hears_nothing()
    assert await CallEvent.objects.filter(call=call).acount() == 2


async def test_another_address_has_no_socket():
    socket = WebsocketCommunicator(websockets, "/v1/other")

    connected, code = await socket.connect(timeout=PATIENCE)

    assert (connected, code) == (False, 4404)


# --- One call ---


async def test_earlier_events_come_first_then_live_ones(known, call):
    await in_database(record, call, "two")
    await known.send(type="subscribe", call_id=call.public_id)
    earlier = await known.receive_all(3)

    await in_database(record, call, "three")
    await in_database(record, call, "four")
    live = await known.receive_all(2)

    assert [frame.get("seq") for frame in earlier + live] == [None, 1, 2, 3, 4]
    assert live[0] == {
        "type": "call.note",
        "call_id": call.public_id,
        "seq": 3,
        "text": "three",
        "timestamp": "2026-03-01T12:00:00Z",
    }


async def test_a_reconnected_client_goes_on_after_what_it_has(known, call):
    for text in ("two", "three", "four"):
        await in_database(record, call, text)

    await known.send(type="subscribe", call_id=call.public_id, after=3)

    assert [frame.get("seq") for frame in await known.receive_all(2)] == [None, 4]
    assert await known.hears_nothing()


async def test_no_gap_and_no_repeat_while_events_pour_in(known, call):
    async def pour() -> None:
        for number in range(40):
            await in_database(record, call, str(number))

    pouring = asyncio.create_task(pour())
    await asyncio.sleep(0.05)
    await known.send(type="subscribe", call_id=call.public_id)
    frames = await known.receive_all(42)
    await pouring

    assert [frame["seq"] for frame in frames[1:]] == [*range(1, 42)]
    assert await known.hears_nothing()


async def test_a_lost_announcement_loses_nothing(known, call, monkeypatch):
    await known.send(type="subscribe", call_id=call.public_id)
    await known.receive_all(2)

    with monkeypatch.context() as patch:
        drop_announcements(patch)
        await in_database(record, call, "two")

    assert (await known.receive())["seq"] == 2


async def test_a_hole_is_filled_at_once_and_in_order(known, call, monkeypatch):
    await known.send(type="subscribe", call_id=call.public_id)
    await known.receive_all(2)

    with monkeypatch.context() as patch:
        drop_announcements(patch)
        await in_database(record, call, "two")
    await in_database(record, call, "three")

    assert [frame["seq"] for frame in await known.receive_all(2)] == [2, 3]


async def test_an_announcement_that_comes_twice_is_told_once(known, call):
    await known.send(type="subscribe", call_id=call.public_id)
    await known.receive_all(2)
    event = await in_database(lambda: events.record(call, "call.note", at=NOW))
    await events.abroadcast(call, events.to_message(event))

    assert (await known.receive())["seq"] == 2
    assert await known.hears_nothing()


async def test_interims_are_told_as_they_come(known, call):
    await known.send(type="subscribe", call_id=call.public_id)
    await known.receive_all(2)

    await events.abroadcast(call, events.interim(call, speaker="user", text="How mu", at=NOW))

    frame = await known.receive()
    assert (frame["type"], frame["is_final"], frame["text"], "seq" in frame) == (
        "transcript.update",
        False,
        "How mu",
        False,
    )


async def test_who_unsubscribed_hears_nothing_more(known, call):
    await known.send(type="subscribe", call_id=call.public_id)
    await known.receive_all(2)
    await known.send(type="unsubscribe", call_id=call.public_id)
    assert await known.receive() == {"type": "unsubscribed", "call_id": call.public_id}

    await in_database(record, call, "two")

    assert await known.hears_nothing()


async def test_a_call_s_end_says_how_it_went(known, call):
    await in_database(answer, call)
    await known.send(type="subscribe", call_id=call.public_id, after=2)
    await known.receive()

    end = {"token": None, "reason": "user_hangup", "by": "user", "at": NOW + timedelta(seconds=245)}
    await in_database(lifecycle.complete_call, call_id=call.public_id, **end)

    assert await known.receive() == {
        "type": "call.completed",
        "call_id": call.public_id,
        "seq": 3,
        "duration": 245,
        "ended_reason": "user_hangup",
        "timestamp": "2026-03-01T12:04:05Z",
    }


# --- Every call of the account ---


async def test_an_account_is_followed_from_now_on(known, agent: Agent, call):
    await known.send(type="subscribe")
    assert await known.receive() == {"type": "subscribed", "call_id": None}

    new = await in_database(lambda: make_call(agent, at=timezone.now()))
    await in_database(record, call, "of the old one")

    frames = await known.receive_all(2)
    assert [(frame["call_id"], frame["seq"]) for frame in frames] == [(new.public_id, 1), (call.public_id, 2)]


async def test_lost_announcements_of_new_calls_lose_nothing(known, agent, monkeypatch):
    await known.send(type="subscribe")
    await known.receive()

    with monkeypatch.context() as patch:
        drop_announcements(patch)
        new = await in_database(lambda: make_call(agent, at=timezone.now()))
    await in_database(record, new, "two")

    assert [frame["seq"] for frame in await known.receive_all(2)] == [1, 2]


async def test_a_call_that_is_followed_twice_is_told_once(known, agent, call):
    await known.send(type="subscribe", call_id=call.public_id)
    await known.receive_all(2)
    await known.send(type="subscribe")
    await known.receive()

    await in_database(record, call, "two")

    assert (await known.receive())["seq"] == 2
    assert await known.hears_nothing()


async def test_other_accounts_are_not_heard(known):
    await known.send(type="subscribe")
    await known.receive()

    stranger = await in_database(make_account, "other@example.com")
    await in_database(lambda: make_call(make_agent(stranger), at=timezone.now()))

    assert await known.hears_nothing()


async def test_an_account_is_unsubscribed_from(known, agent):
    await known.send(type="subscribe")
    await known.send(type="unsubscribe")
    await known.receive_all(2)

    await in_database(lambda: make_call(agent, at=timezone.now()))

    assert await known.hears_nothing()


# --- Speaking to a call ---


async def test_a_call_is_hung_up(known, call):
    await known.send(type="subscribe", call_id=call.public_id)
    await known.receive_all(2)

    await known.send(type="hangup", call_id=call.public_id)

    frame = await known.receive()
    assert (frame["type"], frame["ended_reason"]) == ("call.failed", "canceled")
    assert (await Call.objects.aget(pk=call.pk)).ended_by == "api"


async def test_the_agent_is_told_what_to_say_and_to_heed(known, call):
    await in_database(lifecycle.claim_call, call_id=call.pk, worker=WORKER, at=NOW)
    await in_database(answer, call)
    await known.send(type="subscribe", call_id=call.public_id, after=2)
    await known.receive()

    await known.send(type="say", call_id=call.public_id, text="We close soon.")
    await known.send(type="note", call_id=call.public_id, text="Offer tea.")
    await known.send(type="dtmf", call_id=call.public_id, digits="1#")

    frames = await known.receive_all(3)
    assert [(frame["type"], frame.get("text", frame.get("digits"))) for frame in frames] == [
        ("call.say", "We close soon."),
        ("call.note", "Offer tea."),
        ("call.digits_sent", "1#"),
    ]


@pytest.mark.parametrize(
    ("frame", "param"),
    [
        ({"type": "sing"}, "type"),
        ({"type": ["say"]}, "type"),
        ({}, "type"),
        ({"type": "auth", "api_key": "again"}, "type"),
        ({"type": "subscribe", "call_id": 7}, "call_id"),
        ({"type": "subscribe", "call_id": "call_1", "after": -1}, "after"),
        ({"type": "subscribe", "call_id": "call_1", "after": True}, "after"),
        ({"type": "subscribe", "call_id": "call_1", "after": "7"}, "after"),
        ({"type": "say"}, "text"),
        ({"type": "say", "text": 1}, "text"),
        ({"type": "hangup"}, "call_id"),
        ({"type": "dtmf", "digits": None}, "digits"),
        ({"type": "unsubscribe", "call_id": ["call_1"]}, "call_id"),
        ({"type": "unsubscribe", "call_id": {}}, "call_id"),
        ({"type": "unsubscribe", "call_id": 7}, "call_id"),
        ({"type": "subscribe", "callId": "call_1"}, "callId"),
        ({"type": "subscribe", "after": 7}, "call_id"),
        ({"type": "hangup", "call_id": "call_1", "reason": "enough"}, "reason"),
    ],
)
async def test_bad_frames_are_refused_and_the_socket_stays_open(known, call, frame, param):
    await known.send(**frame)

    error_of("invalid_request", "validation_error", param, await known.receive())
    await known.send(type="subscribe", call_id=call.public_id)
    assert (await known.receive())["type"] == "subscribed"


@pytest.mark.parametrize("text", ["hello", "[]", "7", '{"type": "say", "text": "\\u0000"}', "[" * 500])
async def test_what_is_no_frame_is_refused(known, text):
    await known.send_text(text)

    assert (await known.receive())["error"]["code"] == "invalid_request"


async def test_a_binary_frame_is_refused(known):
    await known.send_bytes(b'{"type": "subscribe"}')

    error_of("invalid_request", "validation_error", None, await known.receive())


async def test_a_huge_frame_closes_the_socket(known):
    await known.send_text("x" * (frames.LONGEST_FRAME + 1))

    assert await known.close_code() == 4429


async def test_a_flood_closes_the_socket(known, monkeypatch):
    monkeypatch.setattr(feed, "MOST_FRAMES_PER_LOOK", 5)

    for _ in range(20):
        await known.send(type="sing")

    assert await known.close_code() == 4429


async def test_a_slow_reader_is_closed(known, call, monkeypatch):
    monkeypatch.setattr(outgoing, "MOST_FRAMES", 3)
    await in_database(lambda: [record(call, str(number)) for number in range(10)])

    await known.send(type="subscribe", call_id=call.public_id)

    assert await known.close_code() == 4413


async def test_a_socket_that_closed_is_in_no_group(key, call):
    client = Client()
    await client.open()
    await client.send(type="auth", api_key=key)
    await client.send(type="subscribe", call_id=call.public_id)
    await client.send(type="subscribe")
    await client.receive_all(4)

    await client.close()

    layer = get_channel_layer()._get_layer()
    assert layer.groups == {}
