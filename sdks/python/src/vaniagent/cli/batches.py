"""`batches`."""

from __future__ import annotations

from typing import IO, Any, Dict, List, Optional

import click

from vaniagent.cli.context import Session, at_most, common, csv_of, fields, not_left_out, pass_session, with_fields
from vaniagent.cli.shown import Column

COLUMNS: List[Column] = [
    ("id", lambda batch: batch.id),
    ("name", lambda batch: batch.name),
    ("status", lambda batch: batch.status),
    ("rows", lambda batch: batch.progress.rows),
    ("waiting", lambda batch: batch.progress.waiting),
    ("live", lambda batch: batch.progress.live),
    ("answered", lambda batch: batch.progress.answered),
    ("cost", lambda batch: batch.progress.cost),
]
ROWS: List[Column] = [
    ("line", lambda row: row.line),
    ("to", lambda row: row.to_number),
    ("status", lambda row: row.status),
    ("attempts", lambda row: row.attempts),
    ("call", lambda row: row.call_id),
    ("ended", lambda row: row.ended_reason or row.problem),
]


@click.group()
def batches() -> None:
    """Batches: many calls from a file."""


@batches.command()
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--agent", "agent_id", required=True, metavar="AGENT_ID")
@click.option("--name")
@click.option("--from", "from_number", metavar="NUMBER")
@click.option("--at-once", type=click.IntRange(1), help="Calls that live at once.")
@click.option("--per-minute", type=click.IntRange(1), help="Calls begun within a minute.")
@click.option("--at", "scheduled_at", metavar="TIME", help="When to begin, such as 2026-03-01T18:00:00+01:00.")
@click.option("--retries", type=click.IntRange(1, 10), help="Further attempts where it is busy or nobody answers.")
@click.option("--every", type=click.IntRange(60), default=3600, show_default=True, help="Seconds between attempts.")
@click.option("--draft", is_flag=True, help="Do not start it yet.")
@fields("duplicates=skip")
@common
@pass_session
def create(
    session: Session,
    file: IO[str],
    retries: Optional[int],
    every: int,
    draft: bool,
    fields: Dict[str, Any],
    **given: Any,
) -> None:
    """Call everybody in a CSV file with a heading; `-` reads it from standard input."""
    said = {**not_left_out(**given), "csv": csv_of(file), "start": not draft}
    if retries is not None:
        said["retry"] = {"attempts": retries, "every": every}
    _show(session, session.client.batches.create(**with_fields(session.client.batches.create, said, fields)))


@batches.command("list")
@common
@pass_session
def list_batches(session: Session) -> None:
    """List batches, the newest first."""
    page = session.client.batches.list(limit=100)
    if session.output.as_json:
        session.output.json({"data": [batch.to_dict() for batch in page.data], "total": page.total})
    else:
        session.output.table(page.data, COLUMNS)


@batches.command()
@click.argument("batch_id")
@click.option("--status", help="Such as failed.")
@at_most
@common
@pass_session
def rows(session: Session, batch_id: str, status: Optional[str], limit: int) -> None:
    """List whom it calls, and what came of it."""
    page = session.client.batches.list_rows(batch_id, limit=min(limit, 100), **not_left_out(status=status))
    session.output.listed(page, limit, ROWS)


@batches.command()
@click.argument("batch_id")
@common
@pass_session
def results(session: Session, batch_id: str) -> None:
    """Print what came of each row, as CSV."""
    click.echo(session.client.batches.results(batch_id), nl=False)


def _moved(verb: str, words: str) -> None:
    """Add a command that does this to a batch."""

    @batches.command(verb, help=words)
    @click.argument("batch_id")
    @common
    @pass_session
    def move(session: Session, batch_id: str) -> None:
        _show(session, getattr(session.client.batches, verb)(batch_id))


for _verb, _words in (
    ("get", "Show a batch."),
    ("start", "Start a draft."),
    ("pause", "Place no more calls for now."),
    ("resume", "Go on after a pause."),
    ("cancel", "Place no more calls at all."),
):
    _moved(_verb, _words)


def _show(session: Session, batch: Any) -> None:
    if session.output.as_json:
        session.output.json(batch.to_dict())
    else:
        session.output.table([batch], COLUMNS)
