from __future__ import annotations

from datetime import datetime
from typing import Optional

from vaniagent.models.base import Model


class Agent(Model):
    """What speaks on the phone."""

    id: str
    name: str
    voice: str
    prompt: str
    language: str
    temperature: float
    max_duration: int
    first_message: Optional[str]
    voicemail_action: str
    voicemail_message: Optional[str]
    silence_timeout: int
    status: str
    version: int
    created_at: datetime
    updated_at: datetime
