"""What the program prints: tables and colour for people, JSON for programs."""

from __future__ import annotations

import itertools
import json
import os
import sys
from typing import Any, Callable, Iterable, List, Mapping, Optional, Sequence, TextIO, Tuple, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vaniagent.models.base import Model
from vaniagent.pagination import Page

M = TypeVar("M", bound=Model)

# A column: its head, and what of a row is in it.
Column = Tuple[str, Callable[[Any], Any]]
STYLES = {
    "active": "green",
    "archived": "dim",
    "completed": "green",
    "enabled": "green",
    "ready": "green",
    "succeeded": "green",
    "in_progress": "cyan",
    "initiated": "cyan",
    "pending": "cyan",
    "failed": "red",
    "disabled": "red",
    "unreachable": "red",
    "unauthorized": "red",
}
# What a pipe gets is not cut to the width of a terminal that is not there.
WIDE = 10_000


class Output:
    """Standard output for what was asked for, standard error for everything that is said about it."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._out = _console(sys.stdout)
        self._about = _console(sys.stderr)

    @property
    def is_terminal(self) -> bool:
        return self._out.is_terminal

    def say(self, text: str, style: Optional[str] = None) -> None:
        """Something about what was done, for people."""
        if not self.as_json:
            self._about.print(Text(text, style=style or ""), soft_wrap=True)

    def complain(self, text: str) -> None:
        self._about.print(Text.assemble(("Error: ", "bold red"), text), soft_wrap=True)

    def json(self, value: Any) -> None:
        """A whole value, over lines: `--json` of a command that answers once."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
        sys.stdout.flush()

    def json_line(self, value: Mapping[str, Any]) -> None:
        """One of several: `--json` of a command that goes on telling."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def line(self, *parts: Any) -> None:
        """A line of what was asked for: texts, or pairs of text and style."""
        self._out.print(Text.assemble(*parts), soft_wrap=True)
        sys.stdout.flush()

    def interim(self, text: str) -> None:
        """What the next line replaces; only a terminal can."""
        if self._out.is_terminal and not self.as_json:
            width = max(20, self._out.width - 1)
            shown = text if len(text) <= width else "…" + text[-(width - 1) :]
            sys.stdout.write("\r\x1b[2K" + shown)
            sys.stdout.flush()

    def clear_interim(self) -> None:
        if self._out.is_terminal and not self.as_json:
            sys.stdout.write("\r\x1b[2K")
            sys.stdout.flush()

    def thing(self, model: Model) -> None:
        """One thing of the API."""
        if self.as_json:
            self.json(model.to_dict())
        else:
            self.fields(model.to_dict())

    def listed(self, page: Page[M], limit: int, columns: Sequence[Column]) -> None:
        """The first rows of a list of the API, from as many pages as it takes."""
        rows = list(itertools.islice(page, limit))
        if self.as_json:
            self.json({"data": [row.to_dict() for row in rows], "total": page.total})
        else:
            self.table(rows, columns)

    def table(self, rows: Iterable[Any], columns: Sequence[Column]) -> None:
        table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
        for head, _ in columns:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*[_cell(value_of(row)) for _, value_of in columns])
        self._out.print(table)

    def fields(self, values: Mapping[str, Any]) -> None:
        """One thing, a field a line."""
        table = Table(box=None, pad_edge=False, show_header=False, show_edge=False)
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        for name, value in values.items():
            table.add_row(name, _cell(value))
        self._out.print(table)


def plain(text: str) -> str:
    """Text of others without what would move a terminal's cursor or change its colours."""
    return "".join(character if character.isprintable() or character in "\n\t" else "�" for character in text)


def _console(file: TextIO) -> Console:
    # Rich heeds NO_COLOR by itself. COLUMNS is the user's word, also where there is no terminal.
    width = None if file.isatty() or os.environ.get("COLUMNS") else WIDE
    return Console(file=file, highlight=False, markup=False, emoji=False, width=width)


def _cell(value: Any) -> Text:
    text = plain(_text_of(value))
    return Text(text, style=STYLES.get(text, ""))


def _text_of(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        items: List[Any] = list(value)
        return ", ".join(_text_of(item) for item in items)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
