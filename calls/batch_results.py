"""What came of a batch's rows as CSV, written as it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

import orjson
from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import Sum

from calls.models import BatchRow, Call, CallBatch
from vaniagent.lib import csv_text, money

COLUMNS: Final = (
    "line", "to", "status", "problem", "attempts", "call id", "ended reason", "answered", "ended", "seconds", "credits",
    "sentiment", "summary",
)  # fmt: skip
# Each a column of its own; what is beyond is left out.
MOST_KEYS: Final = 100
_AT_ONCE: Final = 500
_KEYS: Final = """
    SELECT DISTINCT jsonb_object_keys(metadata) FROM calls_batchrow
    WHERE batch_id = %s AND jsonb_typeof(metadata) = 'object' ORDER BY 1 LIMIT %s
"""


async def csv_of_batch(batch: CallBatch) -> AsyncIterator[str]:
    """A line a row, with the last of its calls and what all of them cost, in pieces: for a StreamingHttpResponse."""
    keys = await sync_to_async(_keys)(batch)
    named = [csv_text.harmless(f"metadata.{key}") for key in keys]
    yield csv_text.written([[*COLUMNS, *named]])
    line = -1
    while rows := await sync_to_async(_rows_after)(batch, line):
        yield csv_text.written(_cells(row, cost, keys) for row, cost in rows)
        line = rows[-1][0].line


def _keys(batch: CallBatch) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, [batch.pk, MOST_KEYS])
        return [key for (key,) in cursor.fetchall()]


def _rows_after(batch: CallBatch, line: int) -> list[tuple[BatchRow, int | None]]:
    """The next ones, each with what its calls cost."""
    rows = list(BatchRow.objects.filter(batch=batch, line__gt=line).select_related("call").order_by("line")[:_AT_ONCE])
    costs = dict(Call.objects.filter(batch_row__in=rows).values_list("batch_row").annotate(Sum("cost")).order_by())
    return [(row, costs.get(row.pk)) for row in rows]


def _cells(row: BatchRow, cost: int | None, keys: list[str]) -> list[str]:
    call = row.call
    values: list[Any] = [row.line, row.to_number, row.status, row.problem, row.attempts]
    if call is None:
        values += [None] * (len(COLUMNS) - len(values))
    else:
        values += [
            call.public_id, call.ended_reason, _time(call.answered_at), _time(call.completed_at), call.duration,
            None if cost is None else money.to_text(cost), call.sentiment, call.summary,
        ]  # fmt: skip
    values += [_text(row.metadata.get(key)) for key in keys]
    return ["" if value is None else csv_text.harmless(str(value)) for value in values]


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _time(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
