"""Calls as /v1 shows them, straight from their rows.

`CallSerializer` describes this shape to OpenAPI. Every statement names the account: what others own does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from django.db import DEFAULT_DB_ALIAS

from accounts.models import Account
from agents.models import Agent, AgentVersion
from calls import links
from calls.models import Recording, Turn
from vaniagent.lib import money, rows

_COLUMNS: Final = """
    call.public_id, agent.public_id, version.number,
    CASE call.status WHEN 'scheduled' THEN 'initiated' ELSE call.status END, call.direction, call.to_number, call.from_number,
    call.duration, call.ended_reason, call.ended_by, call.metadata, call.sentiment, call.cost, recording.status,
    call.created_at, call.answered_at, call.completed_at, line.public_id,
    call.scheduled_at, call.attempt, call.retry,
    (SELECT first.public_id FROM calls_call first WHERE first.id = call.retry_of_id),
    (SELECT batch.public_id FROM calls_batchrow placed JOIN calls_callbatch batch ON batch.id = placed.batch_id
        WHERE placed.id = call.batch_row_id)
"""
_BESIDE: Final = """
    JOIN agents_agent agent ON agent.id = call.agent_id
    JOIN agents_agentversion version ON version.id = call.agent_version_id
    LEFT JOIN calls_recording recording ON recording.call_id = call.id
    LEFT JOIN calls_phoneline line ON line.id = call.phone_line_id
"""
_ONE: Final = f"""
    SELECT {_COLUMNS}, call.summary, call.heard_p50_ms, call.heard_p95_ms, call.heard_turns, (
        SELECT json_agg(json_build_array(speaker, text) ORDER BY number)::text
        FROM calls_turn WHERE call_id = call.id AND is_final AND NOT is_aside
    )
    FROM calls_call call {_BESIDE}
    WHERE call.account_id = %s AND call.public_id = %s
"""  # noqa: S608  # columns named above
_TURNS: Final = "SELECT speaker, text FROM calls_turn WHERE call_id = %s AND is_final AND NOT is_aside ORDER BY number"

# An account's calls are numbered without a gap: the newest number is how many there are, and an offset is a number, too.
_NEWEST: Final = "SELECT number FROM calls_call WHERE account_id = %s ORDER BY number DESC LIMIT 1"
_PAGE: Final = f"""
    SELECT {_COLUMNS} FROM calls_call call {_BESIDE}
    WHERE call.account_id = %s AND call.number <= %s ORDER BY call.number DESC LIMIT %s
"""  # noqa: S608  # likewise
# Filtered ones are counted and walked in their index alone, and only those of the page are looked up.
_AGENT: Final = "SELECT id FROM agents_agent WHERE account_id = %s AND public_id = %s"
_FILTERED: Final = "FROM calls_call WHERE account_id = %s"
_FILTERED_PAGE: Final = f"""
    SELECT {_COLUMNS} FROM calls_call call {_BESIDE}
    WHERE call.id = ANY(ARRAY(SELECT id {{filtered}} ORDER BY id DESC LIMIT %s OFFSET %s)) ORDER BY call.id DESC
"""  # noqa: S608  # likewise

# What placing a call needs to know of its agent; of the rest nothing is read.
_AGENT_FIELDS: Final = ["id", "public_id", "account_id", "status", "current_id"]
_VERSION_FIELDS: Final = ["id", "agent_id", "calling_hours", "compliance"]
_ACTIVE_AGENT: Final = """
    SELECT agent.id, agent.public_id, agent.account_id, agent.status, agent.current_id,
        version.calling_hours::text, version.compliance::text
    FROM agents_agent agent JOIN agents_agentversion version ON version.id = agent.current_id
    WHERE agent.account_id = %s AND agent.public_id = %s AND agent.status = 'active'
"""

_LABELS: Final[Mapping[str, str]] = {speaker.value: str(speaker.label) for speaker in Turn.Speaker}


@dataclass(frozen=True)
class Page:
    """A part of an account's calls, newest first, and how many there are in all."""

    calls: list[dict[str, Any]]
    total: int


def one_call(*, account: Account, call_id: str, at: datetime) -> dict[str, Any] | None:
    """A call with what was said; None where the account has no such call."""
    row = rows.first(_ONE, [account.pk, call_id])
    if row is None:
        return None

    *summary, told, heard_p50_ms, heard_p95_ms, heard_turns, turns = row
    call = _shown(summary, _full_hour(at))
    call["transcript"] = None if turns is None else _text_of(orjson.loads(turns))
    call["summary"] = told
    call["latency"] = (
        None
        if heard_turns is None
        else {"heard_p50_ms": heard_p50_ms, "heard_p95_ms": heard_p95_ms, "turns": heard_turns}
    )
    return call


def page_of_calls(*, account: Account, limit: int, offset: int, at: datetime) -> Page:
    """All calls of the account. Any offset takes the same time."""
    newest = rows.first(_NEWEST, [account.pk])
    total = 0 if newest is None else newest[0]
    if offset >= total:
        return Page([], total)

    return _page(rows.every(_PAGE, [account.pk, total - offset, limit]), total, at)


def page_of_filtered_calls(
    *, account: Account, agent_id: str | None, status: str | None, limit: int, offset: int, at: datetime
) -> Page:
    """The calls of the account with this agent, of this status, or both."""
    filtered, values = _FILTERED, list[object]([account.pk])
    if agent_id is not None:
        agent = rows.first(_AGENT, [account.pk, agent_id])
        if agent is None:
            return Page([], 0)
        filtered, values = f"{filtered} AND agent_id = %s", [*values, agent[0]]
    if status is not None:
        # What waits for its time is initiated, too.
        alike = [status, "scheduled"] if status == "initiated" else [status]
        filtered, values = f"{filtered} AND status = ANY(%s)", [*values, alike]

    counted = rows.first(f"SELECT count(*) {filtered}", values)
    total = 0 if counted is None else counted[0]
    if offset >= total:
        return Page([], total)
    return _page(rows.every(_FILTERED_PAGE.format(filtered=filtered), [*values, limit, offset]), total, at)


def agent_for_calls(*, account: Account, agent_id: str) -> Agent | None:
    """The account's agent of this id, if it takes calls, with its current version; of both only what placing one needs is read."""
    row = rows.first(_ACTIVE_AGENT, [account.pk, agent_id])
    if row is None:
        return None

    *fields, hours, compliance = row
    agent = Agent.from_db(DEFAULT_DB_ALIAS, _AGENT_FIELDS, fields)
    agent.account = account
    kept = None if hours is None else orjson.loads(hours)
    settings = [agent.current_id, agent.pk, kept, orjson.loads(compliance)]
    agent.current = AgentVersion.from_db(DEFAULT_DB_ALIAS, _VERSION_FIELDS, settings)
    return agent


def transcript_text(call_pk: int) -> str:
    """What was said in a call, a line a turn."""
    return _text_of(rows.every(_TURNS, [call_pk]))


def _text_of(turns: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"{_LABELS[speaker]}: {' '.join(text.split())}" for speaker, text in turns)


def _page(found: list[tuple[Any, ...]], total: int, at: datetime) -> Page:
    made_at = _full_hour(at)
    return Page([_shown(row, made_at) for row in found], total)


def _shown(row: tuple[Any, ...] | list[Any], made_at: datetime) -> dict[str, Any]:
    """What one row of `_COLUMNS` looks like to customers. Links count from `made_at`."""
    call_id, agent_id, version, status, direction, to_number, from_number, duration, *rest = row
    ended_reason, ended_by, metadata, sentiment, cost, recording, created_at, answered_at, completed_at, *rest = rest
    line, scheduled_at, attempt, retry, retry_of, batch_id = rest
    has_transcript = completed_at is not None and answered_at is not None
    return {
        "id": call_id,
        "agent_id": agent_id,
        "agent_version": version,
        "status": status,
        "direction": direction,
        "to_number": to_number,
        "from_number": from_number,
        "phone_line_id": line,
        "duration": duration,
        "ended_reason": ended_reason,
        "ended_by": ended_by,
        # As PostgreSQL wrote it: read and written anew it would cost more than all the rest.
        "metadata": orjson.Fragment(metadata),
        "sentiment": sentiment,
        "cost": None if cost is None else money.to_text(cost),
        "recording_url": links.recording_url(call_id, at=made_at) if recording == Recording.Status.READY else None,
        "transcript_url": links.transcript_url(call_id, at=made_at) if has_transcript else None,
        "scheduled_at": scheduled_at,
        "attempt": attempt,
        "retry": None if retry is None else orjson.Fragment(retry),
        "retry_of": retry_of,
        "batch_id": batch_id,
        "created_at": created_at,
        "answered_at": answered_at,
        "completed_at": completed_at,
    }


def _full_hour(now: datetime) -> datetime:
    """The next full hour: links made within one hour are alike, and so is the answer's ETag."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
