"""What the front knows of lines, whatever their customers wrote."""

from __future__ import annotations

import re

import pytest

from calls.telephony.front.config import MOST_ALIKE
from calls.telephony.front.tables import FrontLine, digest, tables_of, ways_to_dial

HOSTILE = [
    'a"b',
    "a:b",
    "a,b",
    "a|b",
    "$var(line)",
    "a\nb",
    "a\r\n1:203.0.113.9:0:0:line_evil:0",
    "\\n",
    "\0",
    "#!define X",
    "ünï",
    "a" * 5_000,
]
ROW = re.compile(r"[0-9]+:[0-9a-f.|]+:0:0:[0-9A-Za-z_,+]+:0\Z")


def rows(text: str) -> list[str]:
    """Of a table's file, without its heading."""
    return text.split("\n")[1:-1]


def a_line(line: str = "line_1", **more: object) -> FrontLine:
    its = {"numbers": ["+14155550100"], "addresses": ["203.0.113.9"], "username": "acme", "ha1": digest("acme", "pw")}
    return FrontLine(line, **{**its, **more})


def test_a_line() -> None:
    tables = tables_of([a_line()])

    assert rows(tables["addresses"]) == ["1:203.0.113.9:0:0:line_1:0"]
    assert rows(tables["numbers"]) == [
        "1:203.0.113.9|14155550100:0:0:line_1,+14155550100:0",
        "2:203.0.113.9|4155550100:0:0:line_1,+14155550100:0",
    ]
    assert rows(tables["asked"]) == ["1:14155550100:0:0:1:0", "2:4155550100:0:0:1:0"]
    assert len(rows(tables["users"])) == 2


def test_no_line() -> None:
    assert {name: rows(text) for name, text in tables_of([]).items()} == {
        "addresses": [],
        "numbers": [],
        "users": [],
        "asked": [],
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_customer_wrote_is_not_in_it(text: str) -> None:
    line = a_line(username=text, ha1=digest(text, text), numbers=["+14155550100", text])

    for table in tables_of([line]).values():
        assert all(ROW.match(row) for row in rows(table))


def test_an_address_that_is_none() -> None:
    with pytest.raises(ValueError, match=r"9\.9"):
        tables_of([a_line(addresses=["9.9.9.9\n2:x"])])


def test_a_name_of_a_line_that_is_none() -> None:
    with pytest.raises(ValueError, match="id"):
        tables_of([a_line("line_1:0\n")])


def test_without_a_password_nobody_is_asked() -> None:
    tables = tables_of([a_line(ha1=digest("acme", "")), a_line(ha1=digest("", "pw"))])

    assert rows(tables["asked"]) == rows(tables["users"]) == []


def test_the_password_is_in_no_file() -> None:
    assert all("pw" not in text and "acme" not in text for text in tables_of([a_line()]).values())
    assert "pw" not in repr(a_line())


def test_two_accounts_with_one_carrier() -> None:
    """The address tells the carrier; the number tells the line."""
    tables = tables_of([a_line("line_1"), a_line("line_2", numbers=["+14155550177"])])

    assert "203.0.113.9|14155550177:0:0:line_2,+14155550177:0" in tables["numbers"]
    assert rows(tables["addresses"]) == ["1:203.0.113.9:0:0:line_1:0"]


def test_who_claims_what_another_has_comes_second() -> None:
    tables = tables_of([a_line("line_1"), a_line("line_2", ha1=digest("acme", "other"))])

    assert "line_2" not in tables["numbers"]
    assert re.findall(r"\|([0-9]):0:0:[0-9a-f]{32},(line_[0-9])", tables["users"]) == [
        ("0", "line_1"),
        ("0", "line_1"),
        ("1", "line_2"),
        ("1", "line_2"),
    ]


def test_so_many_alike_and_no_more() -> None:
    tables = tables_of([a_line(f"line_{number}", ha1=digest("acme", str(number))) for number in range(9)])

    assert len(rows(tables["users"])) == 2 * MOST_ALIKE


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("+14155550100", ["14155550100", "4155550100"]),
        ("+4930901820", ["4930901820", "30901820"]),
        ("+390612345678", ["390612345678", "612345678"]),
        ("+999123", ["999123"]),
    ],
)
def test_how_a_carrier_may_write_a_number(number: str, dialled: list[str]) -> None:
    assert ways_to_dial(number) == dialled
