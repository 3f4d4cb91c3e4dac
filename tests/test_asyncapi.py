"""The committed description of the live feed and the webhooks is the code's, and what is really sent is as it says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import transaction
from jsonschema import Draft7Validator

from accounts.models import Account
from agents.models import Agent
from calls import event_types as call_events
from calls import events
from calls.consumers import feed
from calls.models import Call, Leg, Recording
from calls.routing import websockets
from calls.services import lifecycle, starting
from conftest import ApiClient, make_key
from vaniagent import asyncapi
from webhooks import event_types, services
from webhooks.models import Event
from webhooks.services import sending
from webhooks.tests.receivers import Received, receiver

COMMITTED = Path(__file__).resolve().parent.parent / "docs/asyncapi.yaml"
DOCUMENT: Any = yaml.safe_load(COMMITTED.read_text())
MESSAGES = DOCUMENT["components"]["messages"]
NOW = datetime(2024, 1, 15, 10, 35, 0, tzinfo=UTC)
PATIENCE = 5
# What is sent for the sake of webhooks: of no call.
LISTENING = ("listen", "unlisten", "webhook.answered", "sample")


def check(shape: Any, value: Any) -> None:
    """Assert that a value is of this shape, and has no field that the document does not know."""
    while "$ref" in shape:
        shape = DOCUMENT["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    Draft7Validator(shape, format_checker=Draft7Validator.FORMAT_CHECKER).validate(value)
    if isinstance(value, dict) and "properties" in shape:
        assert set(value) <= set(shape["properties"])
        for name, part in value.items():
            check(shape["properties"][name], part)


def check_frame(frame: Any) -> None:
    """Assert that what the server sent on the socket is one of the messages that one hears."""
    is_partial = frame["type"] == "transcript.update" and not frame["is_final"]
    check(MESSAGES["transcript.update.partial" if is_partial else frame["type"]]["payload"], frame)


def check_delivery(sent: Received) -> None:
    """Assert that a request to an endpoint is as its event is described."""
    message = MESSAGES["webhook." + sent.headers["X-Vaniagent-Event"]]
    headers = DOCUMENT["components"]["schemas"]["WebhookHeaders"]
    check(headers, {name: value for name, value in sent.headers.items() if name in headers["properties"]})
    check(message["payload"], json.loads(sent.body))


@pytest.fixture
def call(agent: Agent) -> Call:
    return starting.start_call(
        account=agent.account,
        agent=agent,
        api_key=None,
        to_number="+1234567890",
        from_number=None,
        metadata={"customer_id": "cust_123", "nested": [{"a": None}]},
        at=NOW,
    )


def converse(call: Call) -> None:
    """Everything that can happen in a conversation, from its answer to its end."""
    Leg.objects.filter(call=call).update(status=Leg.Status.ANSWERED, answered_at=NOW)
    lifecycle.mark_answered(call_id=call.public_id, at=NOW)
    call.refresh_from_db()
    by_itself = {"call.started", "call.answered", "call.completed", "call.failed", "recording.ready"}
    for event_type in call_events.ALL:
        if event_type.name not in by_itself:
            said = {name: shape["examples"][0] for name, shape in event_type.fields.items()}
            events.record(call, event_type.name, at=NOW, data=said)
    lifecycle.complete_call(
        call_id=call.public_id, token=None, reason="user_hangup", by="user", at=NOW + timedelta(seconds=245)
    )
    call.refresh_from_db()
    Recording.objects.create(call=call, path="x.wav", sample_rate=8000, duration_ms=245_000, status="ready")
    events.record(call, "recording.ready", at=NOW)


# --- The document ---


def test_the_committed_document_is_what_the_code_gives(tmp_path: Path) -> None:
    asyncapi.write(tmp_path / "asyncapi.yaml")

    assert COMMITTED.read_text() == (tmp_path / "asyncapi.yaml").read_text(), "run `make docs`, and commit it"


def test_it_is_served_to_everybody(client: Any, settings: Any, db: None) -> None:
    settings.PUBLIC_URL = "https://calls.example.com"

    r = client.get("/v1/asyncapi.json")

    assert r.json() == {**DOCUMENT, "servers": {"here": {"host": "calls.example.com", "protocol": "wss"}}}
    assert client.get("/v1/asyncapi.json", headers={"If-None-Match": r.headers["ETag"]}).status_code == 304
    assert client.get("/v1/asyncapi.json?format=yaml").json()["error"]["param"] == "format"


def test_it_names_every_frame_and_every_event() -> None:
    heard = {event_type.name for event_type in call_events.ALL}

    assert set(MESSAGES) == {
        *(f"client.{name}" for name in feed.FIELDS),
        *(f"webhook.{name}" for name in event_types.NAMES),
        *heard,
        *("authenticated", "subscribed", "unsubscribed", "error", "transcript.update.partial"),
        *("listening", "unlistened", "webhook", "sampled"),
    }
    operations = DOCUMENT["operations"].values()
    assert sum(len(operation["messages"]) for operation in operations) == len(MESSAGES)
    assert {*events.PUBLISHED, event_types.ACCOUNT_BALANCE_LOW.name} == set(event_types.NAMES)
    assert heard >= events.PUBLISHED


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_has_an_example_that_is_one(name: str) -> None:
    for example in MESSAGES[name]["examples"]:
        check(MESSAGES[name]["payload"], example["payload"])
        if "headers" in MESSAGES[name]:
            check(MESSAGES[name]["headers"], example["headers"])


def test_an_event_that_is_not_in_the_catalogue_is_not_recorded(call: Call) -> None:
    with pytest.raises(ValueError, match="not in the catalogue"), transaction.atomic():
        events.record(call, "call.daydreamed", at=NOW)

    assert call.events.count() == 1


# --- What is really sent ---


@pytest.mark.django_db(transaction=True)
async def test_the_frames_that_one_hears(call: Call) -> None:
    await sync_to_async(converse)(call)
    key = await sync_to_async(make_key)(call.account)
    socket: Any = WebsocketCommunicator(websockets, "/v1/ws")
    assert (await socket.connect(timeout=PATIENCE))[0]
    for frame in (
        {"type": "auth", "api_key": key},
        {"type": "subscribe", "call_id": call.public_id},
        {"type": "unsubscribe"},
        {"type": "say", "call_id": call.public_id, "text": "Too late."},
        {"type": "subscribe", "call_id": "call_unknown"},
        {"type": "sing"},
    ):
        await socket.send_json_to(frame)
    frames: list[Any] = []
    while not frames or frames[-1].get("error", {}).get("param") != "type":
        frames.append(await socket.receive_json_from(timeout=PATIENCE))
    await events.abroadcast(call, events.interim(call, speaker="user", text="Hello", at=NOW))
    frames.append(await socket.receive_json_from(timeout=PATIENCE))
    await socket.disconnect(timeout=PATIENCE)

    for frame in frames:
        check_frame(frame)
    heard = {frame["type"] for frame in frames}
    assert heard == {event_type.name for event_type in call_events.ALL} - {"call.failed"} | {
        "authenticated",
        "subscribed",
        "unsubscribed",
        "error",
    }
    assert frames[-1]["is_final"] is False


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", [name for name in feed.FIELDS if name not in ("auth", *LISTENING)])
async def test_an_example_of_what_one_sends_is_understood(call: Call, name: str) -> None:
    key = await sync_to_async(make_key)(call.account)
    (example,) = MESSAGES[f"client.{name}"]["examples"]
    socket: Any = WebsocketCommunicator(websockets, "/v1/ws")
    assert (await socket.connect(timeout=PATIENCE))[0]
    await socket.send_json_to({"type": "auth", "api_key": key})
    assert await socket.receive_json_from(timeout=PATIENCE) == {"type": "authenticated"}

    await socket.send_json_to({**example["payload"], "call_id": call.public_id})
    # What is done is told to those who follow the call.
    heard = [] if name in ("hangup", "note") else [await socket.receive_json_from(timeout=PATIENCE)]
    await socket.disconnect(timeout=PATIENCE)

    # The call is not answered yet: nothing can be said into it, and that is all that is wrong.
    wrong = [frame["error"]["message"] for frame in heard if frame["type"] == "error"]
    assert wrong == (["The call is not in progress."] if name in ("say", "dtmf") else [])


@pytest.mark.django_db(transaction=True)
async def test_the_frames_of_one_who_listens(account: Account) -> None:
    key = await sync_to_async(make_key)(account)
    socket: Any = WebsocketCommunicator(websockets, "/v1/ws")
    assert (await socket.connect(timeout=PATIENCE))[0]
    await socket.send_json_to({"type": "auth", "api_key": key})
    frames = [await socket.receive_json_from(timeout=PATIENCE)]
    sent = {name: MESSAGES[f"client.{name}"]["examples"][0]["payload"] for name in LISTENING}
    listen = {name: value for name, value in sent["listen"].items() if name != "session"}

    # Nothing answers an answer.
    for frame, heard in ((listen, 1), (sent["sample"], 2), (sent["webhook.answered"], 0), (sent["unlisten"], 1)):
        await socket.send_json_to(frame)
        frames += [await socket.receive_json_from(timeout=PATIENCE) for _ in range(heard)]
    await socket.send_json_to({"type": "listen", "session": frames[1]["session"]})
    frames.append(await socket.receive_json_from(timeout=PATIENCE))
    await socket.disconnect(timeout=PATIENCE)

    for frame in frames:
        check_frame(frame)
    assert sorted(frame["type"] for frame in frames) == sorted(
        ["authenticated", "listening", "sampled", "webhook", "unlistened", "error"]
    )


@pytest.mark.django_db(transaction=True)
def test_the_webhooks_that_an_endpoint_hears(agent: Agent, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    account = agent.account
    with receiver() as hook:
        services.create_endpoint(account=account, url=hook.url, events=event_types.NAMES)
        for number in ("+1234567890", "+15005550001"):
            call = starting.start_call(
                account=account,
                agent=agent,
                api_key=None,
                to_number=number,
                from_number=None,
                metadata={"customer_id": "cust_123"},
                at=NOW,
            )
            if number == "+1234567890":
                converse(call)
            else:
                lifecycle.complete_call(call_id=call.public_id, token=None, reason="busy", by="user", at=NOW)
        services.record_event(
            account=account,
            event_type="account.balance_low",
            subject=account.public_id,
            data={"account_id": account.public_id, "credits": "0.95", "threshold": "1.00"},
            at=NOW,
        )
        sending.Sender().run()

    for sent in hook.received:
        check_delivery(sent)
    assert {sent.headers["X-Vaniagent-Event"] for sent in hook.received} == set(event_types.NAMES)


@pytest.mark.parametrize("name", event_types.NAMES)
def test_the_sample_of_each_event(api: ApiClient, name: str) -> None:
    endpoint = api.post("/v1/webhook_endpoints", {"url": "https://example.com/hook", "events": [name]}).json()
    api.post(f"/v1/webhook_endpoints/{endpoint['id']}/test")

    body = json.loads(Event.objects.get().body)
    if name == event_types.ACCOUNT_BALANCE_LOW.name:
        assert body["data"].pop("metadata") == {"test": True}
    check(MESSAGES[f"webhook.{name}"]["payload"], body)
