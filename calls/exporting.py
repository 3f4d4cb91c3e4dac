"""A list of calls as CSV, written as it is read, however long it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, tzinfo
from typing import Any, Final

import orjson
from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from accounts.models import Account
from calls.finding import CallFilter, find_calls
from calls.models import Call
from vaniagent.lib import csv_text, money

COLUMNS: Final = (
    "id", "created", "answered", "ended", "direction", "from", "to", "agent id", "agent", "status", "ended reason", "ended by",
    "seconds", "credits", "sentiment", "heard p50 ms", "heard p95 ms", "summary", "metadata",
)  # fmt: skip
_AT_ONCE: Final = 500


async def csv_of_calls(*, account: Account, wanted: CallFilter, zone: tzinfo = UTC) -> AsyncIterator[str]:
    """The calls that fit, newest first, in pieces, by days of `zone`: for a StreamingHttpResponse with `text/csv; charset=utf-8`.

    Calls that come meanwhile are left out, and none comes twice.
    """
    yield csv_text.written([COLUMNS])
    batches = _batches(find_calls(account=account, wanted=wanted, zone=zone))
    while (batch := await sync_to_async(lambda: next(batches, None))()) is not None:
        yield csv_text.written(_cells(call) for call in batch)


def _batches(calls: QuerySet[Call]) -> Iterator[list[Call]]:
    """Piece by piece, each where the last one ended: an offset would read all before it again."""
    calls = calls.select_related("agent", "agent_version")
    rest = calls
    while batch := list(rest[:_AT_ONCE]):
        yield batch
        rest = calls.filter(pk__lt=batch[-1].pk)


def _cells(call: Call) -> list[str]:
    values: list[Any] = [
        call.public_id, _time(call.created_at), _time(call.answered_at), _time(call.completed_at), call.direction,
        # A number begins with "+", which a spreadsheet would calculate.
        call.from_number, call.to_number, call.agent.public_id, call.agent_version.name, call.status, call.ended_reason,
        call.ended_by, call.duration, None if call.cost is None else money.to_text(call.cost), call.sentiment,
        call.heard_p50_ms, call.heard_p95_ms, call.summary, orjson.dumps(call.metadata).decode() if call.metadata else "",
    ]  # fmt: skip
    return ["" if value is None else csv_text.harmless(str(value)) for value in values]


def _time(at: Any) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
