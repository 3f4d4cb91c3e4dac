"""Section 6 of the contract: the frames as they are published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from agents.models import Agent
from calls import events
from calls.models import Call, Leg
from calls.routing import websockets
from calls.services import lifecycle, starting
from conftest import make_key

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2024, 1, 15, 10, 35, 0, tzinfo=UTC)
PATIENCE = 5


@pytest.fixture
def key(agent: Agent) -> str:
    return make_key(agent.account)


@pytest.fixture
def call(agent: Agent) -> Call:
    """A whole conversation, in the log."""
    call = starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+1234567890",
        from_number=None,
        metadata={},
        at=NOW,
    )
    Leg.objects.filter(call=call).update(status=Leg.Status.ANSWERED, answered_at=NOW)
    lifecycle.mark_answered(call_id=call.public_id, at=NOW)
    said = {"speaker": "agent", "text": "Hello, how can I help you today?", "is_final": True}
    call.refresh_from_db()
    events.record(call, "transcript.update", at=NOW + timedelta(seconds=2), data=said)
    at = NOW + timedelta(seconds=245)
    lifecycle.complete_call(call_id=call.public_id, token=None, reason="user_hangup", by="user", at=at)
    return call


async def test_the_published_exchange(key: str, call: Call) -> None:
    """On open the client sends `auth` and `subscribe` without waiting for answers, and receives the call's events."""
    socket: Any = WebsocketCommunicator(websockets, "/v1/ws")
    assert (await socket.connect(timeout=PATIENCE))[0]
    await socket.send_json_to({"type": "auth", "api_key": key})
    await socket.send_json_to({"type": "subscribe", "call_id": call.public_id})

    frames = [await socket.receive_json_from(timeout=PATIENCE) for _ in range(6)]
    await socket.disconnect(timeout=PATIENCE)

    call_id = call.public_id
    assert frames == [
        {"type": "authenticated"},
        {"type": "subscribed", "call_id": call_id},
        {"type": "call.started", "call_id": call_id, "seq": 1, "timestamp": "2024-01-15T10:35:00Z"},
        {"type": "call.answered", "call_id": call_id, "seq": 2, "timestamp": "2024-01-15T10:35:00Z"},
        {
            "type": "transcript.update",
            "call_id": call_id,
            "seq": 3,
            "speaker": "agent",
            "text": "Hello, how can I help you today?",
            "is_final": True,
            "timestamp": "2024-01-15T10:35:02Z",
        },
        {
            "type": "call.completed",
            "call_id": call_id,
            "seq": 4,
            "duration": 245,
            "ended_reason": "user_hangup",
            "timestamp": "2024-01-15T10:39:05Z",
        },
    ]


@pytest.mark.parametrize(
    "first",
    [
        '{"type": "subscribe", "call_id": "call_1"}',
        "no JSON",
        '{"type": "auth"}',
        '{"type": "auth", "api_key": ["a"]}',
        '{"type": "auth", "api_key": "va_live_' + "0" * 38 + '"}',
    ],
)
async def test_failed_authentication_closes(db: None, first: str) -> None:
    """The socket stays open except for failed authentication (close 4401); the fault comes before, in four keys."""
    socket: Any = WebsocketCommunicator(websockets, "/v1/ws")
    assert (await socket.connect(timeout=PATIENCE))[0]
    await socket.send_to(text_data=first)

    fault = await socket.receive_json_from(timeout=PATIENCE)
    closed = await socket.receive_output(timeout=PATIENCE)

    assert fault["type"] == "error"
    assert list(fault["error"]) == ["code", "message", "param", "type"]
    assert (closed["type"], closed["code"]) == ("websocket.close", 4401)


async def test_say_note_and_dtmf_of_a_call_that_has_ended(key: str, call: Call) -> None:
    """Faults: the socket stays open; nothing of the call is changed."""
    socket: Any = WebsocketCommunicator(websockets, "/v1/ws")
    assert (await socket.connect(timeout=PATIENCE))[0]
    await socket.send_json_to({"type": "auth", "api_key": key})
    await socket.receive_json_from(timeout=PATIENCE)

    for frame in (
        {"type": "say", "text": "Hello?"},
        {"type": "note", "text": "Hurry"},
        {"type": "dtmf", "digits": "1"},
    ):
        await socket.send_json_to({**frame, "call_id": call.public_id})
        fault = await socket.receive_json_from(timeout=PATIENCE)
        assert (fault["error"]["code"], fault["error"]["param"]) == ("invalid_request", "call_id")
    await socket.send_json_to({"type": "subscribe", "call_id": call.public_id, "after": 3})
    frames = [await socket.receive_json_from(timeout=PATIENCE) for _ in range(2)]
    heard_more = not await socket.receive_nothing(timeout=0.2)
    await socket.disconnect(timeout=PATIENCE)

    assert [frame.get("seq") for frame in frames] == [None, 4]
    assert not heard_more
