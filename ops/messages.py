"""`make messages`: gathers the words of pages and mails into locale/, and compiles what is translated.

Needs nothing but Python: Babel reads, merges and compiles, Django turns a template into what Babel can read.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

BASE_DIR: Final = Path(__file__).resolve().parent.parent
LOCALE_DIR: Final = BASE_DIR / "locale"
PACKAGES: Final = ("accounts", "agents", "billing", "calls", "dashboard", "vaniagent", "webhooks")

_KEYWORDS: Final = {
    **DEFAULT_KEYWORDS,
    **{f"{name}_lazy": spec for name, spec in DEFAULT_KEYWORDS.items() if name.endswith("gettext")},
    "gettext_noop": None,
}
# What `templatize` leaves of a tag: a call whose arguments are strings, or strings and a count.
_CALL: Final = re.compile(
    r"""\b(?P<name>gettext|ngettext|pgettext|npgettext|_)
    \(\s*(?P<strings>u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')(?:\s*,\s*u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))*)""",
    re.VERBOSE,
)


def main() -> int:
    template = gather()
    for path in po_files():
        catalog = read(path)
        catalog.update(template, no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
        catalog.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalog, width=120, sort_output=True, include_lineno=False)
        path.with_suffix(".mo").write_bytes(compiled(read(path)))
        missing = sum(not is_translated(message.string) for message in catalog if message.id)
        print(f"{path.parent.parent.name}: {len(catalog)} messages, {missing} not translated")
    return 0


def po_files() -> list[Path]:
    return sorted(LOCALE_DIR.glob("*/LC_MESSAGES/django.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def compiled(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def is_translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string or [""]) if not isinstance(string, str) else bool(string)


def gather() -> Catalog:
    """Every message of our templates and of the apps' Python."""
    catalog = Catalog()
    for path in sorted((BASE_DIR / "templates").rglob("*.*")):
        for context, message in _messages_of_template(path):
            catalog.add(message, locations=[(_name(path), 0)], context=context)
    for package in PACKAGES:
        for path in sorted((BASE_DIR / package).rglob("*.py")):
            if {"tests", "migrations"} & set(path.parts):
                continue
            with path.open("rb") as source:
                for _line, found, _comments, context in extract("python", source, keywords=_KEYWORDS):
                    catalog.add(found, locations=[(_name(path), 0)], context=context)
    return catalog


def _messages_of_template(path: Path) -> Iterator[tuple[str | None, str | tuple[str, str]]]:
    """Each message's context, and the message: one text, or singular and plural."""
    for call in _CALL.finditer(templatize(path.read_text(), origin=str(path))):
        strings = ast.literal_eval(f"[{call['strings']}]")
        context = strings.pop(0) if call["name"] in ("pgettext", "npgettext") else None
        yield context, (strings[0], strings[1]) if call["name"] in ("ngettext", "npgettext") else strings[0]


def _name(path: Path) -> str:
    return path.relative_to(BASE_DIR).as_posix()


if __name__ == "__main__":
    sys.exit(main())
