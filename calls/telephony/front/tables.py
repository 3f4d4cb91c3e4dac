"""What kamailio has to know of phone lines, as the text tables that its db_text reads.

Names, domains and passwords are written by strangers: none of them gets into a file. A user is the hash of its name, a password
the digest of it, an address is one that was looked up, and every value is held against what it may look like.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final

import phonenumbers

from calls.telephony.front.config import MOST_ALIKE, REALM

MOST_ADDRESSES: Final = 32
_COLUMNS: Final = "id(int) key_name(string) key_type(int) value_type(int) key_value(string) expires(int)\n"
_LINE: Final = re.compile(r"line_[0-9A-Za-z]{1,40}\Z", re.ASCII)
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{1,18}\Z", re.ASCII)

Table = Mapping[str, str]


@dataclass(frozen=True)
class FrontLine:
    """A line as the front sees it. Its addresses are those that its domain leads to now."""

    line: str
    numbers: Sequence[str]
    addresses: Sequence[str]
    username: str = field(default="", repr=False)
    # The digest of user, realm and password: as good as the password here, and nowhere else.
    ha1: str = field(default="", repr=False)


def digest(username: str, password: str) -> str:
    """HA1 of RFC 2617. Empty without a user or a password: such a line asks for none."""
    if not (username and password):
        return ""
    return hashlib.md5(f"{username}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()


def tables_of(lines: Iterable[FrontLine]) -> dict[str, str]:
    """The file of each table. Where two lines claim the same, the one that comes first has it."""
    addresses: dict[str, str] = {}
    numbers: dict[str, str] = {}
    users: dict[str, str] = {}
    asked: dict[str, str] = {}
    for each in lines:
        if not _LINE.match(each.line):
            raise ValueError("a line's id is what we made it")
        hosts = [str(IPv4Address(host)) for host in each.addresses[:MOST_ADDRESSES]]
        for host in hosts:
            addresses.setdefault(host, each.line)
        for number in each.numbers:
            if not _NUMBER.match(number):
                continue
            for dialled in ways_to_dial(number):
                for host in hosts:
                    numbers.setdefault(f"{host}|{dialled}", f"{each.line},{number}")
                if each.ha1:
                    asked[dialled] = "1"
                    _add_user(users, each, dialled, number)
    tables: dict[str, Table] = {"addresses": addresses, "numbers": numbers, "users": users, "asked": asked}
    return {name: _text(table) for name, table in tables.items()}


def ways_to_dial(number: str) -> list[str]:
    """The digits that a carrier may send for a number: with the country, and without."""
    digits = number.removeprefix("+")
    try:
        national = phonenumbers.national_significant_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return [digits]
    return list(dict.fromkeys([digits, national.lstrip("0") or digits]))


def _add_user(users: dict[str, str], line: FrontLine, dialled: str, number: str) -> None:
    user = hashlib.md5(line.username.encode(), usedforsecurity=False).hexdigest()
    if not re.fullmatch(r"[0-9a-f]{32}", line.ha1):
        raise ValueError("a digest is what we made it")
    for position in range(MOST_ALIKE):
        if users.setdefault(f"{dialled}|{user}|{position}", value := f"{line.ha1},{line.line},{number}") == value:
            return


def _text(table: Table) -> str:
    rows = (f"{number}:{key}:0:0:{value}:0\n" for number, (key, value) in enumerate(table.items(), start=1))
    return _COLUMNS + "".join(rows)
