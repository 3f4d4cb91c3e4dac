"""`do-not-call`."""

from __future__ import annotations

import re
from typing import IO, List, Optional

import click

from vaniagent.cli import exits
from vaniagent.cli.context import Session, at_most, common, csv_of, not_left_out, pass_session
from vaniagent.cli.shown import Column
from vaniagent.models import DoNotCallEntry

COLUMNS: List[Column] = [
    ("id", lambda entry: entry.id),
    ("number", lambda entry: entry.number),
    ("reason", lambda entry: entry.reason),
    ("source", lambda entry: entry.source),
    ("call", lambda entry: entry.call_id),
    ("created", lambda entry: entry["created_at"]),
]
# Digits of a number. What has fewer is a part of one.
SHORTEST = 7


@click.group("do-not-call")
def do_not_call() -> None:
    """The do-not-call list: numbers that are never dialled."""


@do_not_call.command("list")
@click.option("--search", metavar="DIGITS", help="A number, or a part of one.")
@at_most
@common
@pass_session
def list_entries(session: Session, search: Optional[str], limit: int) -> None:
    """List numbers, the newest first."""
    page = session.client.do_not_call.list(limit=min(limit, 100), **not_left_out(search=search))
    session.output.listed(page, limit, COLUMNS)


@do_not_call.command()
@click.argument("number")
@click.option("--reason")
@common
@pass_session
def add(session: Session, number: str, reason: Optional[str]) -> None:
    """Put a number on the list; one that is there stays as it is."""
    session.output.thing(session.client.do_not_call.create(number=number, **not_left_out(reason=reason)))


@do_not_call.command()
@click.argument("number")
@common
@pass_session
def check(session: Session, number: str) -> int:
    """Whether a number, or the entry of an id, is on the list: exit code 0 if it is, 5 if not."""
    entry = _found(session, number)
    if entry is None:
        return exits.NOT_FOUND
    session.output.thing(entry)
    return exits.OK


@do_not_call.command()
@click.argument("number")
@common
@pass_session
def remove(session: Session, number: str) -> int:
    """Take a number, or the entry of an id, off the list: it may be called again."""
    entry = _found(session, number)
    if entry is None:
        return exits.NOT_FOUND
    session.client.do_not_call.delete(entry.id)
    if session.output.as_json:
        session.output.json({"id": entry.id, "deleted": True})
    session.output.say(f"{number} may be called again.")
    return exits.OK


@do_not_call.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@common
@pass_session
def import_file(session: Session, file: IO[str]) -> None:
    """Put the numbers of a CSV file on the list; `-` reads it from standard input."""
    session.output.thing(session.client.do_not_call.import_csv(csv=csv_of(file)))


@do_not_call.command()
@common
@pass_session
def export(session: Session) -> None:
    """Print the list, as CSV."""
    click.echo(session.client.do_not_call.export_csv(), nl=False)


def _found(session: Session, number: str) -> Optional[DoNotCallEntry]:
    if number.startswith("dnc_"):
        return session.client.do_not_call.get(number)
    length = _length(number)
    is_whole = length >= SHORTEST
    for entry in session.client.do_not_call.list(search=number, limit=100) if is_whole else ():
        # Numbers that it is a part of are longer. One that was erased is found by the whole of it only.
        if entry.number is None or _length(entry.number) <= length:
            return entry
    session.output.complain(f"{number} is not on the list.")
    return None


def _length(number: str) -> int:
    return len(re.sub(r"\D", "", number))
