"""The outbox: an event and its deliveries commit with the state change that they tell of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import Account
from vaniagent.lib import errors, ids, json_wire, rows
from webhooks import event_types, tasks
from webhooks.models import Delivery, Endpoint, Event, Forward
from webhooks.services.endpoints import lock_listening
from webhooks.services.listeners import wake_listeners

# Express refuses bodies above 102,400 bytes.
MAX_BODY_BYTES: Final = 100_000

# `Endpoint.objects.listening()` and the listeners that are alive, whose keys are all that an event needs of them: every
# call asks several times.
_LISTENING: Final = """
    SELECT id, false FROM webhooks_endpoint
    WHERE account_id = %(account)s AND deleted_at IS NULL AND status = 'enabled' AND events @> ARRAY[%(type)s]::varchar[]
    UNION ALL
    SELECT id, true FROM webhooks_listener
    WHERE account_id = %(account)s AND alive_until > now() AND events @> ARRAY[%(type)s]::varchar[]
"""
# Those that are still there stay until this transaction ends: a listener may go at any time.
_KEEP: Final = "SELECT id FROM webhooks_listener WHERE id = ANY(%s) FOR KEY SHARE"


class NoSuchEvent(errors.InvalidRequest):
    """It is not in the catalogue."""


class NotWanted(errors.InvalidRequest):
    """The endpoint hears no events of this kind."""


def record_event(
    *, account: Account, event_type: str, subject: str, data: Mapping[str, object], at: datetime
) -> Event | None:
    """Send this event to each of the account's endpoints and listeners that want it; None where none does.

    `subject` is the public id of what the event is about. First attempts of one subject's events reach an endpoint in
    the order of their recording, so record them under a lock on the subject. `data` holds JSON values alone.
    """
    if event_type not in event_types.NAMES:
        raise ValueError(f"{event_type} is not in the catalogue")

    found = _find_hearers(account, event_type)
    if not found:
        return None
    endpoints = [pk for pk, is_listener in found if not is_listener]
    listeners = [pk for pk, is_listener in found if is_listener]
    with transaction.atomic():
        return _record(account, event_type, subject, data, at, endpoints, listeners)


@transaction.atomic
def send_test_event(*, endpoint: Endpoint, event_type: str | None = None, at: datetime) -> Delivery:
    """Send a made-up event of a kind that this endpoint wants (None: the first), marked as a test in its metadata.

    Raises EndpointNotEnabled and NotWanted.
    """
    endpoint = lock_listening(endpoint)
    if event_type is None:
        event_type = endpoint.events[0]
    elif event_type not in endpoint.events:
        raise NotWanted(f"The endpoint wants no '{event_type}'; it wants {', '.join(endpoint.events)}.", param="event")

    subject, data = _sample(endpoint.account, event_type)
    event = _record(endpoint.account, event_type, subject, data, at, [endpoint.pk])
    return event.deliveries.get()


@transaction.atomic
def send_sample(*, account: Account, event_type: str, at: datetime) -> tuple[Event, int]:
    """Tell the account's listeners that want it, and no endpoint, of a made-up event. It, and how many there are.

    Where there are none, nothing is stored. Raises NoSuchEvent.
    """
    if event_type not in event_types.NAMES:
        raise NoSuchEvent(f"Choose an event from {', '.join(event_types.NAMES)}.", param="event")
    listeners = [pk for pk, is_listener in _find_hearers(account, event_type) if is_listener]
    if not listeners:
        return Event(account=account, type=event_type), 0
    subject, data = _sample(account, event_type)
    event = _record(account, event_type, subject, data, at, [], listeners)
    return event, event.forwards.count()


def forget_old_events(*, before: datetime, limit: int = 1_000) -> int:
    """Delete events from before that time, with their deliveries, but for those still on their way. How many."""
    pending = Delivery.objects.filter(event=OuterRef("pk"), status=Delivery.Status.PENDING)
    old = Event.objects.filter(~Exists(pending), created_at__lt=before).order_by("created_at")[:limit]
    forgotten = list(old.values_list("pk", flat=True))
    Event.objects.filter(pk__in=forgotten).delete()
    return len(forgotten)


def _record(
    account: Account,
    event_type: str,
    subject: str,
    data: Mapping[str, object],
    at: datetime,
    endpoints: Sequence[int],
    listeners: Sequence[int] = (),
) -> Event:
    timestamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = json_wire.dumps({"event": event_type, "timestamp": timestamp, "data": data})
    if len(body.encode()) > MAX_BODY_BYTES:
        raise ValueError("the body of a webhook must stay under 100,000 bytes")

    event = Event.objects.create(account=account, type=event_type, subject=subject, body=body, created_at=at)
    Delivery.objects.bulk_create(
        Delivery(account=account, endpoint_id=pk, event=event, subject=subject, next_attempt_at=at) for pk in endpoints
    )
    if endpoints:
        transaction.on_commit(tasks.wake_sender, robust=True)
    if listeners:
        Forward.objects.bulk_create(
            Forward(listener_id=pk, event=event) for (pk,) in rows.every(_KEEP, [list(listeners)])
        )
        wake_listeners(account.pk)
    return event


def _find_hearers(account: Account, event_type: str) -> list[tuple[int, bool]]:
    """The keys of those who hear this event, and whether each is a listener rather than an endpoint."""
    return [
        (pk, is_listener) for pk, is_listener in rows.every(_LISTENING, {"account": account.pk, "type": event_type})
    ]


def _sample(account: Account, event_type: str) -> tuple[str, dict[str, object]]:
    """The subject and the data of a made-up event."""
    if event_type == event_types.ACCOUNT_BALANCE_LOW.name:
        subject = account.public_id
        data: dict[str, object] = {"account_id": subject, "credits": "0.95", "threshold": "1.00"}
    else:
        subject = ids.new("call")
        data = _sample_of_call(event_type, subject, ids.new("agent"))
    return subject, {**data, "metadata": {"test": True}}


def _sample_of_call(event_type: str, call_id: str, agent_id: str) -> dict[str, object]:
    status = {"call.started": "initiated", "call.failed": "failed"}.get(event_type, "completed")
    status = "in_progress" if event_type.startswith("call.transfer") else status
    data: dict[str, object] = {"call_id": call_id, "agent_id": agent_id, "status": status}
    match event_type:
        case "call.transferring" | "call.transferred":
            data |= {"name": "Sales", "to": "+14155550123", "mode": "warm"}
        case "call.transfer_failed":
            data |= {"name": "Sales", "reason": "no_answer"}
        case "call.completed":
            data |= {"duration": 245, "ended_reason": "user_hangup", "transcript_url": None, "recording_url": None}
        case "call.failed":
            data |= {"duration": 0, "ended_reason": "no_answer", "transcript_url": None, "recording_url": None}
        case "transcript.ready":
            data |= {"transcript_url": None}
        case "recording.ready":
            data |= {"recording_url": None, "duration": 245}
    return data
