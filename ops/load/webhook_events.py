"""Accounts with endpoints, and events for them: all at once, or at a steady pace as calls would record them.

Each account has an endpoint for each of five types of events, so that an event goes to one endpoint.
"""

from __future__ import annotations

import os
import time
from typing import Any

import django

from ops.load.child import serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaniagent.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402  # Django is set up first
from django.utils import timezone  # noqa: E402

from accounts import services as accounts  # noqa: E402
from vaniagent.lib import ids, json_wire  # noqa: E402
from webhooks import services as webhooks  # noqa: E402
from webhooks.models import Delivery, Endpoint, Event  # noqa: E402

TYPES = ("call.started", "call.completed", "call.failed", "transcript.ready", "recording.ready")
EVENTS_OF_CALL = 10


def make_endpoints(urls: list[str]) -> list[list[str]]:
    """An account for each five of these. Gives each one's URL and secret."""
    made = []
    for start in range(0, len(urls), len(TYPES)):
        account = accounts.create_account(email=f"{ids.new('bench')}@localhost.localdomain", password=ids.new("pw"))
        for url, name in zip(urls[start:], TYPES, strict=False):
            made.append(webhooks.create_endpoint(account=account, url=url, events=[name]))
    return [[endpoint.url, endpoint.secret] for endpoint in made]


def record_at_once(count: int) -> int:
    """Store events for the endpoints in turn, as `record_event` does, in one transaction."""
    endpoints = list(Endpoint.objects.listening().select_related("account").order_by("pk"))
    at = timezone.now()
    events = []
    for number in range(count):
        endpoint = endpoints[number % len(endpoints)]
        subject = f"call_bench{number % (count // EVENTS_OF_CALL)}"
        body = json_wire.dumps(_body(endpoint.events[0], subject, number))
        events.append(
            Event(account=endpoint.account, type=endpoint.events[0], subject=subject, body=body, created_at=at)
        )
    with transaction.atomic():
        Event.objects.bulk_create(events, batch_size=1000)
        Delivery.objects.bulk_create(
            [
                Delivery(
                    account=event.account,
                    endpoint=endpoints[number % len(endpoints)],
                    event=event,
                    subject=event.subject,
                    next_attempt_at=at,
                )
                for number, event in enumerate(events)
            ],
            batch_size=1000,
        )
    return count


def record_steadily(count: int, a_second: float) -> int:
    """Record events one by one, each due at its time whatever the one before took."""
    endpoints = list(Endpoint.objects.listening().select_related("account").order_by("pk"))
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / a_second - time.monotonic()))
        endpoint = endpoints[number % len(endpoints)]
        subject = f"call_bench{number % (count // EVENTS_OF_CALL)}"
        webhooks.record_event(
            account=endpoint.account,
            event_type=endpoint.events[0],
            subject=subject,
            data=_body(endpoint.events[0], subject, number)["data"],
            at=timezone.now(),
        )
    return count


def state() -> dict[str, int]:
    """How many deliveries have succeeded, and how many attempts were made of those."""
    succeeded = Delivery.objects.filter(status=Delivery.Status.SUCCEEDED)
    return {"succeeded": succeeded.count(), "retried": succeeded.filter(attempts_made__gt=1).count()}


def clear() -> int:
    """Forget accounts and all, whatever a sender does with them at the moment."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE accounts_account, accounts_user CASCADE")
    return 0


def _body(event_type: str, subject: str, number: int) -> dict[str, Any]:
    return {
        "event": event_type,
        "timestamp": "2024-01-15T10:39:05Z",
        "data": {
            "call_id": subject,
            "agent_id": "agent_abc123",
            "status": "completed",
            "metadata": {"n": number, "at": time.monotonic(), "customer_id": "cust_123"},
            "duration": 245,
            "ended_reason": "user_hangup",
            "transcript_url": f"https://api.example.com/files/transcripts/{subject}?expires=1705919945&signature={'0' * 43}",
            "recording_url": f"https://api.example.com/files/recordings/{subject}?expires=1705919945&signature={'0' * 43}",
        },
    }


if __name__ == "__main__":
    serve(
        {
            "make_endpoints": make_endpoints,
            "record_at_once": record_at_once,
            "record_steadily": record_steadily,
            "state": state,
            "clear": clear,
        }
    )
