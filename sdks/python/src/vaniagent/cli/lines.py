"""`lines`."""

from __future__ import annotations

from typing import Any, List

import click

from vaniagent.cli.context import Session, common, pass_session
from vaniagent.cli.shown import Column

COLUMNS: List[Column] = [
    ("id", lambda line: line.id),
    ("kind", lambda line: line.kind),
    ("name", lambda line: line.name),
    ("numbers", lambda line: line.numbers),
    ("status", lambda line: line.status),
    ("detail", lambda line: line.status_detail),
]


@click.group()
def lines() -> None:
    """Phone lines: the trunks that calls go over."""


@lines.command("list")
@common
@pass_session
def list_lines(session: Session) -> None:
    """List phone lines."""
    page = session.client.phone_lines.list(limit=100)
    rows = list(page)
    if session.output.as_json:
        session.output.json({"data": [line.to_dict() for line in rows], "total": page.total})
    else:
        session.output.table(rows, COLUMNS)


@lines.command()
@click.argument("line_id")
@common
@pass_session
def get(session: Session, line_id: str) -> None:
    """Show a phone line."""
    _show(session, session.client.phone_lines.get(line_id))


@lines.command()
@click.argument("line_id")
@common
@pass_session
def check(session: Session, line_id: str) -> None:
    """Try a phone line now."""
    _show(session, session.client.phone_lines.check(line_id))


def _show(session: Session, line: Any) -> None:
    if session.output.as_json:
        session.output.json(line.to_dict())
    else:
        session.output.fields(line.to_dict())
