"""`lines`."""

from __future__ import annotations

import sys
from typing import Any, Dict, List

import click

from vaniagent.cli.context import Session, common, fields, not_left_out, pass_session, with_fields
from vaniagent.cli.shown import Column

COLUMNS: List[Column] = [
    ("id", lambda line: line.id),
    ("kind", lambda line: line.kind),
    ("name", lambda line: line.name),
    ("numbers", lambda line: line.numbers),
    ("status", lambda line: line.status),
    ("detail", lambda line: line.status_detail),
]

# Others of the machine can read what is on a command line.
ASKED_FOR = ("idempotency_key", "password", "auth_token")


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


@lines.command()
@click.option("--kind", type=click.Choice(["sip", "twilio"]), required=True)
@click.option("--name", required=True)
@click.option("--number", "numbers", multiple=True, required=True, metavar="+NUMBER", help="May be given again.")
@click.option("--domain", help="Of a SIP trunk.")
@click.option("--port", type=click.IntRange(1, 65535))
@click.option("--transport", type=click.Choice(["udp", "tcp", "tls"]))
@click.option("--srtp", type=click.Choice(["off", "required"]))
@click.option("--username", help="Its password is asked for.")
@click.option("--register", is_flag=True, default=None)
@click.option("--account-sid", help="Of an account at Twilio. Its token is asked for.")
@click.option("--secret-stdin", is_flag=True, help="Read the password or the token from standard input, for scripts.")
@click.option("--inbound-agent", "inbound_agent_id", metavar="AGENT_ID", help="Who answers those who call its numbers.")
@click.option("--max-live-calls", type=click.IntRange(1))
@fields("calls_per_second=5")
@common
@pass_session
def create(session: Session, secret_stdin: bool, fields: Dict[str, Any], **given: Any) -> None:
    """Set up a phone line. Secrets are never on the command line, where other programs of the machine can read them."""
    wanted = with_fields(session.client.phone_lines.create, not_left_out(**given), fields, never=ASKED_FOR)
    if wanted.get("username") is not None:
        wanted["password"] = _secret("Password", secret_stdin)
    elif given["kind"] == "twilio":
        wanted["auth_token"] = _secret("Auth token", secret_stdin)
    _show(session, session.client.phone_lines.create(**wanted))


@lines.command()
@click.argument("line_id")
@fields("calls_per_second=5")
@click.option("--password", "is_new_password", is_flag=True, help="Ask for a new password.")
@click.option("--auth-token", "is_new_token", is_flag=True, help="Ask for a new token of Twilio's.")
@click.option("--secret-stdin", is_flag=True, help="Read it from standard input, for scripts.")
@common
@pass_session
def update(
    session: Session,
    line_id: str,
    fields: Dict[str, Any],
    is_new_password: bool,
    is_new_token: bool,
    secret_stdin: bool,
) -> None:
    """Change a phone line: --set name=Office --set 'numbers=["+14155550100"]'."""
    if not (fields or is_new_password or is_new_token):
        raise click.UsageError("Say what to change, such as --set name=Office")
    wanted = with_fields(session.client.phone_lines.update, {}, fields, never=ASKED_FOR)
    if is_new_password:
        wanted["password"] = _secret("Password", secret_stdin)
    if is_new_token:
        wanted["auth_token"] = _secret("Auth token", secret_stdin)
    _show(session, session.client.phone_lines.update(line_id, **wanted))


@lines.command()
@click.argument("line_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
@pass_session
def delete(session: Session, line_id: str, yes: bool) -> None:
    """Remove a phone line. Its past calls stay."""
    if not yes and sys.stdin.isatty():
        click.confirm(f"Remove {line_id}?", abort=True, err=True)
    session.client.phone_lines.delete(line_id)
    if session.output.as_json:
        session.output.json({"id": line_id, "deleted": True})
    session.output.say(f"{line_id} is removed.")


def _secret(what: str, is_piped: bool) -> str:
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    if sys.stdin.isatty():
        secret: str = click.prompt(what, hide_input=True, err=True)
        return secret
    raise click.UsageError("There is no terminal to ask on: use --secret-stdin")


def _show(session: Session, line: Any) -> None:
    if session.output.as_json:
        session.output.json(line.to_dict())
    else:
        session.output.fields(line.to_dict())
