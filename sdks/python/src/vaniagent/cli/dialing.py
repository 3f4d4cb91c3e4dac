"""`dialing-rules` and `dial-checks`."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import click

from vaniagent.cli.context import Session, at_most, common, fields, not_left_out, pass_session, with_fields
from vaniagent.cli.shown import Column

COLUMNS: List[Column] = [
    ("id", lambda check: check.id),
    ("to", lambda check: check.to_number),
    ("allowed", lambda check: check.allowed),
    ("refused by", lambda check: check.refused_by),
    ("call", lambda check: check.call_id),
    ("created", lambda check: check["created_at"]),
]


@click.group("dialing-rules")
def dialing_rules() -> None:
    """What the account asks of all its outbound calls."""


@dialing_rules.command()
@common
@pass_session
def get(session: Session) -> None:
    """Show the rules."""
    session.output.thing(session.client.dialing_rules.get())


@dialing_rules.command()
@fields("max_calls_per_day=3")
@common
@pass_session
def update(session: Session, fields: Dict[str, Any]) -> None:
    """Change rules: --set max_calls_per_day=3; null is no such rule."""
    if not fields:
        raise click.UsageError("Say what to change, such as --set max_calls_per_day=3")
    wanted = with_fields(session.client.dialing_rules.update, {}, fields)
    session.output.thing(session.client.dialing_rules.update(**wanted))


@click.group("dial-checks")
def dial_checks() -> None:
    """The proof of what was asked before each call."""


@dial_checks.command("list")
@click.option("--call", "call_id", metavar="CALL_ID")
@click.option("--to", "to_number", metavar="NUMBER")
@at_most
@common
@pass_session
def list_checks(session: Session, call_id: Optional[str], to_number: Optional[str], limit: int) -> None:
    """List checks, the newest first."""
    wanted = not_left_out(call_id=call_id, to_number=to_number)
    session.output.listed(session.client.dial_checks.list(limit=min(limit, 100), **wanted), limit, COLUMNS)


@dial_checks.command("get")
@click.argument("check_id")
@common
@pass_session
def get_check(session: Session, check_id: str) -> None:
    """Show a check: what each rule said."""
    session.output.thing(session.client.dial_checks.get(check_id))
