"""What a page of docs/api says, taken apart: words on the resource, on each operation and on each field.

A section belongs to the operation that its cURL example calls. Shapes and examples come from the description of /v1,
so tables of fields and answers are left out here, and their words are found by the field's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

_METHOD: Final = re.compile(r"-X ([A-Z]+)")
_ADDRESS: Final = re.compile(r"https://api\.vaniagent\.com(/v1[^\s\"?]*)")
_ID: Final = re.compile(r"^(?!top_ups$)[a-z]{2,6}_[0-9a-z]*[0-9][0-9a-z]*$")
_NAMES: Final = re.compile(r"`([a-z_0-9]+)`")
# "answers 200:", where the answer's example is beside it.
_BARE_ANSWER: Final = re.compile(r"answers \d{3}[.:]?")

# "Twilio:" names the example that follows.
_LABEL_WORDS: Final = 2


@dataclass
class Prose:
    """`operations` by method and path, with `{}` where an id goes. `fields`: a table each, words by name."""

    title: str
    intro: str
    operations: dict[tuple[str, str], str] = field(default_factory=dict)
    notes: str = ""
    sections: list[str] = field(default_factory=list)
    tables: list[dict[str, str]] = field(default_factory=list)
    # What the sections taken apart were called: by operation, and of those that only had fields.
    headings: dict[tuple[str, str], str] = field(default_factory=dict)
    heads_of_fields: list[str] = field(default_factory=list)

    def table_of(self, names: frozenset[str]) -> dict[str, str]:
        """The words on these fields: of the table that names most of them, and the fewest others."""
        best: dict[str, str] = {}
        for table in self.tables:
            if _likeness(table, names) > _likeness(best, names):
                best = table
        return best


def _likeness(table: dict[str, str], names: frozenset[str]) -> float:
    return len(names & table.keys()) / len(names | table.keys()) if table else 0


@cache
def read(source: Path) -> Prose:
    """The page of this file."""
    title, _newline, text = source.read_text(encoding="utf-8").partition("\n")
    intro, *sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    prose = Prose(title.removeprefix("# "), intro.strip())
    for section in sections:
        heading, _newline, body = section.partition("\n")
        blocks = _blocks(body)
        prose.tables += [table for block in blocks if (table := _fields_in(block))]
        chunks = _by_operation(blocks, taken=prose.operations)
        if chunks:
            prose.operations |= {operation: _told(chunk) for operation, chunk in chunks.items()}
            prose.headings[next(iter(chunks))] = heading.removeprefix("## ")
        elif heading.startswith("## Fields"):
            prose.notes += _told(blocks, with_code=True) + "\n\n"
            prose.heads_of_fields.append(heading.removeprefix("## "))
        else:
            prose.sections.append(section)
    return prose


def _blocks(text: str) -> list[str]:
    """Paragraphs, tables and indented blocks; what is indented stays together over blank lines."""
    blocks: list[str] = []
    for block in re.split(r"\n{2,}", text.strip("\n")):
        if block.startswith("    ") and blocks and blocks[-1].startswith("    "):
            blocks[-1] += f"\n\n{block}"
        elif block.strip():
            blocks.append(block)
    return blocks


def _is_left_out(block: str, *, with_code: bool = False) -> bool:
    return block.startswith(("| Field |", "| Parameter |")) or (block.startswith("    ") and not with_code)


def _fields_in(block: str) -> dict[str, str]:
    if not block.startswith(("| Field |", "| Parameter |")):
        return {}
    found = {}
    for row in block.splitlines()[2:]:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        words = re.sub(r"^Required[.,]?\s*", "", cells[-1].strip())
        words = words[:1].upper() + words[1:]
        found.update(dict.fromkeys(_NAMES.findall(cells[0]), words) if len(cells) > 1 else {})
    return found


def _by_operation(blocks: list[str], *, taken: dict[tuple[str, str], str]) -> dict[tuple[str, str], list[str]]:
    """The blocks before and after each cURL example. The words that lead to the next example go with that."""
    found: dict[tuple[str, str], list[str]] = {}
    waiting: list[str] = []
    current: list[str] = waiting
    for block in blocks:
        operation = _operation_of(block)
        if operation is None:
            current.append(block)
        elif operation not in taken and operation not in found:
            found[operation] = [*waiting, *_leading(current if found else [])]
            waiting, current = [], found[operation]
    return found


def _leading(blocks: list[str]) -> list[str]:
    """Takes the last sentence off, if what it leads to follows."""
    if not blocks or not blocks[-1].endswith(":") or blocks[-1].startswith(" "):
        return []
    before, _stop, last = blocks.pop().rpartition(". ")
    if before:
        blocks.append(f"{before}.")
    return [last]


def _operation_of(block: str) -> tuple[str, str] | None:
    address = _ADDRESS.search(block)
    if not block.startswith("    curl") or address is None:
        return None
    method = _METHOD.search(block)
    return (method[1].lower() if method else "get"), without_ids(address[1])


def without_ids(path: str) -> str:
    """`/v1/calls/call_xyz789` and `/v1/calls/{id}` as `/v1/calls/{}`."""
    return "/".join("{}" if part.startswith("{") or _ID.match(part) else part for part in path.split("/"))


def _told(blocks: list[str], *, with_code: bool = False) -> str:
    """The words without what is shown beside them, in whole sentences."""
    kept: list[str] = []
    for block, after in zip(blocks, [*blocks[1:], ""], strict=True):
        if _is_left_out(block, with_code=with_code):
            continue
        text = block
        if not block.startswith(("#", "    ")):
            text = _without_lead(block) if not after or _is_left_out(after, with_code=with_code) else block
            text = text[:1].upper() + text[1:]
        if text:
            kept.append(text)
    return "\n\n".join(kept)


def _without_lead(text: str) -> str:
    """A paragraph whose end leads to what is left out: "answers 200 and the call:", "Each of `turns` has"."""
    if len(text.split()) <= _LABEL_WORDS or _BARE_ANSWER.fullmatch(text):
        return ""
    if not text.endswith((".", ":")):
        # All of our paragraphs end in a full stop.
        before = text.rpartition(". ")[0]
        return f"{before}." if before else ""
    return re.sub(r":$", ".", text)
