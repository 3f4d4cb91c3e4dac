"""`lines`."""

from __future__ import annotations

from typing import Any, Dict, List

import click

from vaniagent.cli.context import Session, common, pass_session
from vaniagent.cli.shown import Column
from vaniagent.resources.base import segment

COLUMNS: List[Column] = [
    ("id", lambda line: line["id"]),
    ("kind", lambda line: line.get("kind")),
    ("name", lambda line: line.get("name")),
    ("numbers", lambda line: line.get("numbers")),
    ("status", lambda line: line.get("status")),
    ("detail", lambda line: line.get("status_detail")),
]


@click.group()
def lines() -> None:
    """Phone lines: the trunks that calls go over."""


@lines.command("list")
@common
@pass_session
def list_lines(session: Session) -> None:
    """List phone lines."""
    page: Dict[str, Any] = session.client.request("GET", "/phone_lines", query={"limit": 100})
    if session.output.as_json:
        session.output.json(page)
    else:
        session.output.table(page["data"], COLUMNS)


@lines.command()
@click.argument("line_id")
@common
@pass_session
def get(session: Session, line_id: str) -> None:
    """Show a phone line."""
    _show(session, session.client.request("GET", f"/phone_lines/{segment(line_id)}"))


@lines.command()
@click.argument("line_id")
@common
@pass_session
def check(session: Session, line_id: str) -> None:
    """Try a phone line now."""
    _show(session, session.client.request("POST", f"/phone_lines/{segment(line_id)}/check"))


def _show(session: Session, line: Dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json(line)
    else:
        session.output.fields(line)
