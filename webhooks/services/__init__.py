"""What other apps and the API do with webhooks: `from webhooks import services as webhooks`."""

from __future__ import annotations

from webhooks.services.deliveries import (
    Claim,
    Outcome,
    claim_due,
    give_up_unheard,
    record_attempt,
    record_attempts,
    replay_deliveries,
    replay_delivery,
)
from webhooks.services.endpoints import (
    EndpointNotEnabled,
    InvalidEndpoint,
    NoSuchEndpoint,
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    get_endpoint,
    list_endpoints,
    rotate_secret,
    update_endpoint,
)
from webhooks.services.forgetting import forget_subjects
from webhooks.services.recording import NotWanted, forget_old_events, record_event, send_test_event

__all__ = [
    "Claim",
    "EndpointNotEnabled",
    "InvalidEndpoint",
    "NoSuchEndpoint",
    "NotWanted",
    "Outcome",
    "claim_due",
    "create_endpoint",
    "delete_endpoint",
    "disable_endpoint",
    "forget_old_events",
    "forget_subjects",
    "get_endpoint",
    "give_up_unheard",
    "list_endpoints",
    "record_attempt",
    "record_attempts",
    "record_event",
    "replay_deliveries",
    "replay_delivery",
    "rotate_secret",
    "send_test_event",
    "update_endpoint",
]
