from __future__ import annotations

from datetime import datetime
from typing import Dict, List, Optional

from vaniagent.models.base import Model


class Speech(Model):
    """How an agent takes turns, and how fast it talks."""

    interruptible: bool
    patience: str
    speed: float


class CallingHours(Model):
    """When an agent may call somebody."""

    timezone: str
    days: Dict[str, List[List[str]]]


class Consent(Model):
    """A question before everything else, and what becomes of a no."""

    ask: str
    if_no: str
    record_from: str


class Compliance(Model):
    """What an agent owes whom it calls; None: there is none of it."""

    recording_announcement: Optional[str]
    consent: Optional[Consent]
    max_calls_per_day: Optional[int]
    max_calls_per_week: Optional[int]


class Destination(Model):
    """Somebody whom an agent may transfer a call to."""

    name: str
    to: str
    mode: str
    via: str
    when: str
    announcement: Optional[str]
    record: bool


class KeypadChoice(Model):
    """A key, and what it means to an agent."""

    digit: str
    meaning: str


class Keypad(Model):
    """What an agent makes of a telephone's keys."""

    menu: List[KeypadChoice]
    terminator: str
    digit_timeout: float
    may_press: bool
    wanted: str


class Talk(Model):
    """A call over a microphone and a speaker. `media_url` is its socket's address, for one use until `expires_at`."""

    call_id: str
    agent_id: str
    media_url: str
    expires_at: datetime


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
    screening_message: Optional[str]
    silence_timeout: int
    speech: Speech
    calling_hours: Optional[CallingHours]
    transfers: List[Destination]
    compliance: Compliance
    keypad: Keypad
    status: str
    version: int
    created_at: datetime
    updated_at: datetime
