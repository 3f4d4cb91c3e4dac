"""A statement as CSV, piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Final

from asgiref.sync import sync_to_async

from billing.services import StatementLine
from vaniagent.lib import csv_text, money

COLUMNS: Final = ("time", "kind", "reference", "memo", "amount", "balance after")
_LINES_AT_ONCE: Final = 500


async def csv_of_statement(lines: Iterator[StatementLine]) -> AsyncIterator[str]:
    """The lines in pieces. The database is asked in the thread that a request's database work is done in."""
    yield csv_text.written([COLUMNS])
    while batch := await sync_to_async(lambda: list(islice(lines, _LINES_AT_ONCE)))():
        yield csv_text.written(_cells(line) for line in batch)


def _cells(line: StatementLine) -> tuple[str, ...]:
    return (
        f"{line.at:%Y-%m-%dT%H:%M:%SZ}",
        line.kind,
        csv_text.harmless(line.reference),
        csv_text.harmless(line.memo),
        money.to_text(line.micro_credits),
        money.to_text(line.balance_after),
    )
