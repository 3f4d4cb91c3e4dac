from __future__ import annotations

from datetime import datetime
from typing import List, Optional

from vaniagent.models.base import Model


class Endpoint(Model):
    """An address of yours that hears about calls."""

    id: str
    url: str
    events: List[str]
    description: str
    status: str
    created_at: datetime


class EndpointWithSecret(Endpoint):
    """What making an endpoint, or a new secret, answers: the only time that the secret is shown."""

    secret: str


class Attempt(Model):
    """One request made for a delivery. `status_code` is None where no answer came, and `error` says why."""

    number: int
    at: datetime
    status_code: Optional[int]
    duration_ms: int
    response: str
    error: str


class Delivery(Model):
    """One event on its way to one endpoint."""

    id: str
    endpoint_id: str
    event: str
    call_id: Optional[str]
    status: str
    attempts: List[Attempt]
    next_attempt_at: Optional[datetime]
    created_at: datetime


class Replay(Model):
    """How many deliveries are sent again."""

    replayed: int
