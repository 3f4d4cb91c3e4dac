from __future__ import annotations

from datetime import datetime
from typing import List, Optional

from vaniagent.models.agent import CallingHours
from vaniagent.models.base import Model


class DoNotCallEntry(Model):
    """A number that must not be called; null: its caller's data were erased, and it is still not called."""

    id: str
    number: Optional[str]
    reason: str
    source: str
    call_id: Optional[str]
    created_at: datetime


class ImportProblem(Model):
    """A line of a file that names no number."""

    line: int
    message: str


class DoNotCallImport(Model):
    """What became of a file's lines, with the first hundred problems."""

    added: int
    already_listed: int
    refused: int
    problems: List[ImportProblem]


class DialingRules(Model):
    """What is asked of all outbound calls. `pre_dial_secret` is told once, when it is made."""

    calling_hours: Optional[CallingHours]
    max_calls_per_day: Optional[int]
    max_calls_per_week: Optional[int]
    pre_dial_url: Optional[str]
    pre_dial_secret: Optional[str]
    proof_days: Optional[int]


class DialCheckResult(Model):
    """What one rule said, in words that may change."""

    rule: str
    passed: bool
    detail: str


class DialCheck(Model):
    """What was asked before a call, and what each rule said; with no `call_id` there was none."""

    id: str
    call_id: Optional[str]
    agent_id: str
    agent_version: int
    to_number: str
    allowed: bool
    refused_by: Optional[str]
    results: List[DialCheckResult]
    answer_sha256: Optional[str]
    created_at: datetime
