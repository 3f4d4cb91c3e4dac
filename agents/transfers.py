"""Whom an agent may transfer a call to. Nobody else can be reached, whatever the agent is talked into."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumberType

MODES: Final = ("cold", "warm")
WAYS: Final = ("bridge", "refer")
MOST: Final = 10
NAME_MAX: Final = 60
ADDRESS_MAX: Final = 200
WHEN_MAX: Final = 300
ANNOUNCEMENT_MAX: Final = 500

# Numbers of nobody's, for trying out.
SANDBOX_NUMBER: Final = re.compile(r"\+1500555[0-9]{4}")
# A host name or an IPv4 address; a port where there is one.
_SIP: Final = re.compile(
    r"sip:(?P<user>[A-Za-z0-9._+-]{1,64})@(?P<host>[A-Za-z0-9.-]{1,120})(?::(?P<port>[0-9]{1,5}))?"
)
_NUMBER: Final = re.compile(r"\+[0-9]{7,15}")
# A name is said, and a language model writes it between angle brackets.
_NAME: Final = re.compile(r"[^<>\"\x00-\x1f\x7f]+")
# What costs whoever calls it more than a call does, or follows a person around the world.
_DEAR: Final = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.UNKNOWN,
    }
)
# Satellites, and networks that belong to no country.
_NOWHERE: Final = frozenset({870, 878, 881, 882, 883, 888, 979})


class BadTransfers(ValueError):
    """Nobody can be transferred to like that; says why."""


@dataclass(frozen=True)
class SipAddress:
    user: str
    host: str
    port: int | None


@dataclass(frozen=True)
class Destination:
    """Somebody who may be given a call. `when` is for the agent: in which case."""

    name: str
    # A number, or `sip:` and an address.
    to: str
    mode: Literal["cold", "warm"]
    via: Literal["bridge", "refer"]
    when: str
    # Empty: made from the name.
    announcement: str
    is_recorded: bool

    def as_json(self) -> dict[str, Any]:
        """As it is kept and shown."""
        kept = asdict(self)
        del kept["is_recorded"]
        return {**kept, "announcement": self.announcement or None, "record": self.is_recorded}


def read(given: Sequence[Mapping[str, Any]]) -> tuple[Destination, ...]:
    """The destinations as they were sent or kept. Raises BadTransfers."""
    if len(given) > MOST:
        raise BadTransfers(_("At most %(most)s destinations.") % {"most": MOST})
    found = tuple(_destination(one) for one in given)
    names = [one.name.casefold() for one in found]
    if len(set(names)) < len(names):
        raise BadTransfers(_("Two destinations have the same name."))
    return found


def find(given: Sequence[Mapping[str, Any]], *, name: str = "", to: str = "") -> Destination | None:
    """The destination of this name, or at this address; of those at one address the first."""
    wanted = name.strip().casefold()
    for one in read(given):
        if (wanted and one.name.casefold() == wanted) or (to and one.to.lower() == to.strip().lower()):
            return one
    return None


def sip_address(to: str) -> SipAddress | None:
    """The parts of a SIP address; None for a number."""
    found = _SIP.fullmatch(to)
    if found is None:
        return None
    return SipAddress(found["user"], found["host"].lower(), int(found["port"]) if found["port"] else None)


def _destination(given: Mapping[str, Any]) -> Destination:
    name = " ".join(str(given.get("name") or "").split())
    if not name or len(name) > NAME_MAX or _NAME.fullmatch(name) is None:
        raise BadTransfers(_("A destination needs a name of at most 60 characters, without < > and quotes."))
    to = str(given.get("to") or "").strip()
    _check_address(to)
    mode, via = given.get("mode", "cold"), given.get("via", "bridge")
    if mode not in MODES or via not in WAYS:
        raise BadTransfers(_("A transfer is cold or warm, by bridge or refer."))
    if (mode, via) == ("warm", "refer"):
        raise BadTransfers(_("A warm transfer is a bridge: 'refer' hands the call over at once."))
    when, announcement = str(given.get("when") or "").strip(), str(given.get("announcement") or "").strip()
    if len(when) > WHEN_MAX or len(announcement) > ANNOUNCEMENT_MAX:
        raise BadTransfers(_("The words of a destination are too long."))
    return Destination(name, to, mode, via, when, announcement, bool(given.get("record", True)))


def _check_address(to: str) -> None:
    if to.lower().startswith("sip:"):
        if sip_address(to) is None:
            raise BadTransfers(_("A SIP address looks like sip:sales@pbx.example.com."))
        return
    if _NUMBER.fullmatch(to) is None:
        raise BadTransfers(_("A destination is a phone number as '+' and 7 to 15 digits, or a SIP address."))
    if SANDBOX_NUMBER.fullmatch(to):
        return
    try:
        number = phonenumbers.parse(to)
    except phonenumbers.NumberParseException:
        raise BadTransfers(_("No country has a number that begins like this.")) from None
    if number.country_code in _NOWHERE or phonenumbers.number_type(number) in _DEAR:
        raise BadTransfers(_("This is no ordinary phone number: calls are not transferred to premium or unknown ones."))
