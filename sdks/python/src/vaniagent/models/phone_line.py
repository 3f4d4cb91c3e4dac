from __future__ import annotations

from datetime import datetime
from typing import List, Optional

from vaniagent.models.base import Model


class InboundLimits(Model):
    """What callers may do on a phone line; null: no such limit. `silent_after` is in seconds."""

    calls_per_hour: Optional[int]
    calls_per_day: Optional[int]
    cost_per_day: Optional[str]
    silent_after: int
    blocks_hidden: bool
    blocked: List[str]


class Line(Model):
    """A phone line: a SIP trunk, or an account at Twilio. Its secrets are never answered."""

    id: str
    kind: str
    name: str
    domain: Optional[str]
    port: Optional[int]
    transport: Optional[str]
    username: Optional[str]
    srtp: Optional[str]
    register: Optional[bool]
    account_sid: Optional[str]
    numbers: List[str]
    inbound_agent_id: Optional[str]
    max_live_calls: int
    calls_per_second: int
    is_default: bool
    inbound_limits: InboundLimits
    status: str
    status_detail: str
    checked_at: Optional[datetime]
    created_at: datetime
