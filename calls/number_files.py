"""A file of numbers to call, as a spreadsheet writes it: CSV with a heading."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from vaniagent.lib import errors, json_wire

MOST_BYTES: Final = 5_000_000
MOST_ROWS: Final = 10_000
MOST_COLUMNS: Final = 40

# What the column of the numbers is called, in a heading without case, spaces and signs.
_NUMBER_COLUMNS: Final = ("tonumber", "phonenumber", "phone", "number", "telephone", "mobile", "to")
_NUMBER: Final = re.compile(r"\+[0-9]{7,15}")
# What people write into numbers. A spreadsheet that we wrote may have put a quotation mark before.
_ORNAMENT: Final = re.compile(r"[\s().\-/'\u00a0\u2011]")


class BadFile(errors.InvalidRequest):
    """This is no file of numbers."""


@dataclass(frozen=True)
class NumberRow:
    """One line: whom to call, and what the other columns say."""

    line: int
    to_number: str
    metadata: dict[str, Any] = field(default_factory=dict)
    # Why it cannot be called; empty: it can.
    problem: str = ""


def read_numbers(file: bytes) -> list[NumberRow]:
    """The lines of the file, good or not. Raises BadFile."""
    rows = csv.reader(io.StringIO(_decoded(file), newline=""), delimiter=_delimiter(file), strict=False)
    try:
        heading = [name.strip() for name in next(rows, [])]
        column = _number_column(heading)
        found: list[NumberRow] = []
        seen: dict[str, int] = {}
        for line, cells in enumerate(rows, 2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(found) >= MOST_ROWS:
                raise BadFile(_("A file has at most %(most)d numbers.") % {"most": MOST_ROWS})
            found.append(_row(line, heading, column, cells, seen))
    except csv.Error as error:
        raise BadFile(_("This is not CSV.")) from error
    if not found:
        raise BadFile(_("There is no number in this file."))
    return found


def list_numbers(rows: Iterable[tuple[str, dict[str, Any]]], *, repeats: bool = False) -> list[NumberRow]:
    """Rows that are right, numbered from 1. Those whose number came before are left out, unless it may repeat."""
    seen: dict[str, int] = {}
    found = []
    for line, (number, metadata) in enumerate(rows, 1):
        earlier = line if repeats else seen.setdefault(number, line)
        is_new = earlier == line
        found.append(NumberRow(line, number, metadata if is_new else {}, "" if is_new else _repeats(earlier)))
    return found


def _repeats(line: int) -> str:
    return _("The same number as in line %(line)d.") % {"line": line}


def _row(line: int, heading: list[str], column: int, cells: list[str], seen: dict[str, int]) -> NumberRow:
    number = _ORNAMENT.sub("", cells[column]) if column < len(cells) else ""
    if number.startswith("00"):
        number = f"+{number[2:]}"
    metadata: dict[str, Any] = {
        name: cell.strip()
        for place, (name, cell) in enumerate(zip(heading, cells, strict=False))
        if place != column and name and cell.strip()
    }
    problem = ""
    if len(cells) > len(heading):
        problem = _("More cells than the heading has.")
    elif _NUMBER.fullmatch(number) is None:
        problem = _("Not a phone number with its country: + and 7 to 15 digits.")
    elif (earlier := seen.setdefault(number, line)) != line:
        problem = _repeats(earlier)
    else:
        try:
            json_wire.check_metadata(metadata)
        except errors.ServiceError as error:
            problem = error.message[:200]
    return NumberRow(line, number[:40], {} if problem else metadata, problem)


def _number_column(heading: list[str]) -> int:
    if len(heading) > MOST_COLUMNS:
        raise BadFile(_("A file has at most %(most)d columns.") % {"most": MOST_COLUMNS})
    plain = [re.sub(r"[^a-z]", "", name.lower()) for name in heading]
    for name in _NUMBER_COLUMNS:
        if name in plain:
            return plain.index(name)
    raise BadFile(_("The first line must name the columns, one of them to_number."))


def _decoded(file: bytes) -> str:
    if len(file) > MOST_BYTES:
        raise BadFile(_("A file has at most 5 MB."))
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(_("Save the file as CSV in UTF-8.")) from error
    if "\x00" in text:
        raise BadFile(_("This is not CSV."))
    return text


def _delimiter(file: bytes) -> str:
    """As the heading has it: spreadsheets of many countries write semicolons."""
    heading = file.partition(b"\n")[0]
    return max(",;\t", key=lambda sign: heading.count(sign.encode()))
