"""Trying a phone line: whether it can be called over, now."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.utils.translation import gettext_noop

from calls.models import PhoneLine
from calls.services import lines

# Kinds of lines that calls can go over here. A line of another kind says so.
DIALABLE: Final[frozenset[str]] = frozenset()
CANNOT_DIAL: Final[dict[str, str]] = {
    PhoneLine.Kind.SIP: gettext_noop("This installation cannot place calls over SIP trunks yet."),
    PhoneLine.Kind.TWILIO: gettext_noop("This installation cannot place calls over Twilio yet."),
}


def check_line(*, line: PhoneLine, at: datetime) -> PhoneLine:
    """Try the line and write down what came of it. It asks over the network: no transaction may be open."""
    if line.kind not in DIALABLE:
        words = CANNOT_DIAL[line.kind]
        return lines.note_check(line=line, status=lines.Status.UNREACHABLE, detail=words, at=at)
    raise NotImplementedError(line.kind)


def check_line_of(*, line_pk: int, at: datetime) -> None:
    """The same for a message of the queue: nothing to do where the line is gone."""
    line = PhoneLine.objects.existing().select_related("account").filter(pk=line_pk).first()
    if line is not None:
        check_line(line=line, at=at)
