"""What is announced of a call: the only place that tells anybody anything.

`record` stores an event with its call's next `seq` and, after commit, wakes those who follow the call or its account;
the public ones go to the webhooks in the same transaction. `broadcast` tells what is worth nothing a second later,
and stores nothing. A lost wake-up loses no event: who follows reads the log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from channels.layers import get_channel_layer
from django.db import transaction
from psycopg.types.json import Jsonb
from redis.exceptions import RedisError

from calls import event_types, links
from calls.models import Call, CallEvent, Recording
from vaniagent.lib import groups, rows
from webhooks import services as webhooks

logger = logging.getLogger(__name__)

# The events that customers may have sent to their endpoints.
PUBLISHED: Final = frozenset(
    {
        "call.started",
        "call.transferring",
        "call.transferred",
        "call.transfer_failed",
        "call.completed",
        "call.failed",
        "transcript.ready",
        "recording.ready",
    }
)

LINKS: Final[Mapping[str, tuple[str, ...]]] = {
    "call.completed": ("transcript_url", "recording_url"),
    "call.failed": ("transcript_url", "recording_url"),
    "transcript.ready": ("transcript_url",),
    "recording.ready": ("recording_url",),
}

# Moves the call's seq under its row's lock, and gives it to the event: whoever comes second waits for the first one's commit.
_RECORD: Final = """
    WITH call AS (UPDATE calls_call SET last_seq = last_seq + 1 WHERE id = %s RETURNING id, last_seq)
    INSERT INTO calls_callevent AS event (call_id, seq, type, data, at, origin)
    SELECT id, last_seq, %s, %s, %s, %s FROM call
    RETURNING event.id, event.seq
"""


def call_group(call_id: str) -> str:
    """The channel layer's group of those who follow this call."""
    return f"call.{call_id}"


def account_group(account_id: int) -> str:
    """The channel layer's group of those who follow every call of this account."""
    return f"account.{account_id}"


@transaction.atomic(savepoint=False)
def record(
    call: Call, event_type: str, *, at: datetime, data: Mapping[str, Any] | None = None, origin: str = ""
) -> CallEvent:
    """Store what happened as the call's next event and announce it after commit.

    Holds the call's row until the transaction ends. `call` must be as it is after what happened: the webhook tells
    its status. `origin` is whose doing it was, for the account's own people; it is not announced.
    """
    if event_type not in event_types.BY_NAME:
        raise ValueError(f"{event_type} is not in the catalogue")

    fields = _own_fields(call, event_type) | dict(data or {})
    event = _store(CallEvent(call=call, type=event_type, data=fields, at=at, origin=origin))
    if event_type in PUBLISHED:
        webhooks.record_event(
            account=call.account,
            event_type=event_type,
            subject=call.public_id,
            data={
                "call_id": call.public_id,
                "agent_id": call.agent.public_id,
                "status": call.status,
                "metadata": call.metadata,
                **fields,
                **_links(call, event_type, at),
            },
            at=at,
        )
    broadcast(call, to_message(event))
    return event


def broadcast(call: Call, message: Mapping[str, Any]) -> None:
    """Tell whoever follows the call now, or when the running transaction commits. Whether anybody hears it, nobody knows."""
    told, followers = _woken(message), _groups_of(call)
    # No partial: Django names a robust callback that failed, and a partial has no name.
    transaction.on_commit(lambda: groups.send(followers, told), robust=True)


async def abroadcast(call: Call, message: Mapping[str, Any]) -> None:
    """`broadcast` for who is on an event loop and in no transaction. A channel layer that is away is no fault."""
    layer, told = get_channel_layer(), _woken(message)
    try:
        for group in _groups_of(call):
            await layer.group_send(group, told)
    except (RedisError, OSError):
        logger.warning("the live feed is away")


def to_message(event: CallEvent) -> dict[str, Any]:
    """The event as the live feed shows it."""
    return {
        "type": event.type,
        "call_id": event.call.public_id,
        "seq": event.seq,
        **event.data,
        "timestamp": to_timestamp(event.at),
    }


def interim(call: Call, *, speaker: str, text: str, is_aside: bool = False, at: datetime) -> dict[str, Any]:
    """The message of a partial transcript: the final one replaces it."""
    return {
        "type": "transcript.update",
        "call_id": call.public_id,
        "speaker": speaker,
        "text": text,
        "is_final": False,
        **({"aside": True} if is_aside else {}),
        "timestamp": to_timestamp(at),
    }


def to_timestamp(at: datetime) -> str:
    """A time as the public contract writes it: UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _own_fields(call: Call, event_type: str) -> dict[str, Any]:
    """What events of this type say of themselves, read from the call."""
    if event_type == "call.started" and call.direction == Call.Direction.INBOUND:
        return {"direction": call.direction}
    if event_type in ("call.completed", "call.failed"):
        return {"duration": call.duration, "ended_reason": call.ended_reason}
    if event_type == "recording.ready":
        length_ms = Recording.objects.filter(call=call).values_list("duration_ms", flat=True).first()
        return {"duration": round((length_ms or 0) / 1000)}
    return {}


def _links(call: Call, event_type: str, at: datetime) -> dict[str, str | None]:
    """The links that a webhook of this type carries; null where nobody answered. Not in the log: they expire."""
    names = LINKS.get(event_type, ())
    if call.answered_at is None:
        return dict.fromkeys(names)
    make = {"transcript_url": links.transcript_url, "recording_url": links.recording_url}
    return {name: make[name](call.public_id, at=at) for name in names}


def _store(event: CallEvent) -> CallEvent:
    """Write the event with the call's next seq."""
    call = event.call
    row = rows.first(_RECORD, [call.pk, event.type, Jsonb(event.data), event.at, event.origin])
    if row is None:
        raise Call.DoesNotExist(call.public_id)
    event.pk, event.seq = row
    call.last_seq = event.seq
    return event


def _groups_of(call: Call) -> tuple[str, str]:
    return call_group(call.public_id), account_group(call.account_id)


def _woken(message: Mapping[str, Any]) -> dict[str, Any]:
    """What the layer carries: `FeedConsumer.feed_message` takes it."""
    return {"type": "feed.message", "message": dict(message)}
