from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Optional

from vaniagent.models.base import Model


class Latency(Model):
    """What the caller waited for answers, measured on the recording."""

    heard_p50_ms: Optional[int]
    heard_p95_ms: Optional[int]
    turns: int


class Call(Model):
    """A conversation of an agent with a person on the phone."""

    id: str
    agent_id: str
    agent_version: int
    status: str
    direction: str
    to_number: str
    from_number: Optional[str]
    phone_line_id: Optional[str]
    duration: Optional[int]
    ended_reason: Optional[str]
    ended_by: Optional[str]
    metadata: Dict[str, Any]
    sentiment: Optional[str]
    cost: Optional[str]
    recording_url: Optional[str]
    transcript_url: Optional[str]
    scheduled_at: Optional[datetime]
    attempt: int
    retry: Optional[Dict[str, Any]]
    retry_of: Optional[str]
    batch_id: Optional[str]
    created_at: datetime
    answered_at: Optional[datetime]
    completed_at: Optional[datetime]
    transcript: Optional[str] = None
    summary: Optional[str] = None
    latency: Optional[Latency] = None

    @property
    def has_ended(self) -> bool:
        """Whether it is over, either way."""
        return self.status in ("completed", "failed")


class CallSummary(Call):
    """A call as lists have it: transcript, summary and latency are always None, and `calls.get` has them."""

    @classmethod
    def fields(cls) -> List[str]:
        return [name for name in super().fields() if name not in ("transcript", "summary", "latency")]


class TurnLatency(Model):
    """Where the time before an agent's turn went, in milliseconds."""

    vad: Optional[int]
    turn: Optional[int]
    stt: Optional[int]
    llm: Optional[int]
    tts: Optional[int]
    total: Optional[int]


class Turn(Model):
    """What one side said before the other did. The times count from the answer."""

    number: int
    speaker: str
    text: str
    start_ms: Optional[int]
    end_ms: Optional[int]
    was_interrupted: bool
    source: str
    latency: Optional[TurnLatency]
    created_at: datetime


class SipMessage(Model):
    """A SIP message of a call. `direction` is `sent` or `received`, as the platform sees it."""

    at: datetime
    direction: str
    transport: str
    peer: str
    title: str
    text: str


class SipTrace(Model):
    """What went between the trunk and the platform, without credentials."""

    call_id: str
    messages: List[SipMessage]
    is_cut: bool


class Transcript(Model):
    """What was said, turn by turn."""

    call_id: str
    turns: List[Turn]
