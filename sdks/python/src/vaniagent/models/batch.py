from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Optional

from vaniagent.models.agent import CallingHours
from vaniagent.models.base import Model


class BatchProgress(Model):
    """How far a batch is: its rows by what became of them, and the calls that were placed for them."""

    rows: int
    waiting: int
    placed: int
    skipped: int
    refused: int
    canceled: int
    calls: int
    live: int
    answered: int
    ended: int
    duration: int
    cost: str


class Batch(Model):
    """Many calls of one agent, placed as there is room."""

    id: str
    agent_id: str
    name: str
    status: str
    paused_because: str
    from_number: Optional[str]
    at_once: int
    per_minute: Optional[int]
    hours: Optional[CallingHours]
    retry: Optional[Dict[str, Any]]
    scheduled_at: Optional[datetime]
    progress: BatchProgress
    created_at: datetime
    started_at: Optional[datetime]
    ended_at: Optional[datetime]


class BatchRow(Model):
    """Whom a batch calls, with the last of its calls."""

    line: int
    to_number: str
    metadata: Dict[str, Any]
    status: str
    problem: str
    attempts: int
    not_before: Optional[datetime]
    call_id: Optional[str]
    call_status: Optional[str]
    ended_reason: Optional[str]
    duration: Optional[int]
