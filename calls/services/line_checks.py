"""Trying a phone line: whether it can be called over, now."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils.translation import gettext_noop

from calls.models import PhoneLine
from calls.services import lines
from calls.telephony import sip_probe
from calls.telephony.sip_trunk import Trunk, TrunkUnreachable, look_up

# Of kinds that calls cannot go over here.
CANNOT_DIAL: Final[dict[str, str]] = {
    PhoneLine.Kind.TWILIO: gettext_noop("This installation cannot place calls over Twilio yet."),
}
# What a probe says, for the pages.
_WORDS: Final = (
    gettext_noop("Nobody answers there. Check name, port, transport and firewalls."),
    gettext_noop("The certificate there is not valid for the domain."),
    gettext_noop("The trunk refused the user name or password."),
    gettext_noop("The trunk asks for a user name and a password."),
    gettext_noop("The trunk answers that it takes no calls now."),
    gettext_noop("A line that registers needs a user name and a password."),
    gettext_noop("The domain leads to no address."),
    gettext_noop("The domain leads to a private address, and this installation allows none."),
)


def check_line(*, line: PhoneLine, at: datetime) -> PhoneLine:
    """Try the line and write down what came of it. It asks over the network: no transaction may be open."""
    if line.kind in CANNOT_DIAL:
        return lines.note_check(line=line, status=lines.Status.UNREACHABLE, detail=CANNOT_DIAL[line.kind], at=at)

    trunk = Trunk.of(lines.dial_params(line))
    try:
        host = asyncio.run(look_up(trunk.domain, trunk.port, allow_private=settings.PHONE_LINES_ALLOW_PRIVATE))
    except TrunkUnreachable as error:
        return lines.note_check(line=line, status=lines.Status.UNREACHABLE, detail=str(error), at=at)
    answer = sip_probe.probe(trunk, host=host, registers=line.register, ca_file=settings.SIP_CA_FILE)
    return note_answer(line=line, answer=answer, at=at)


def note_answer(*, line: PhoneLine, answer: sip_probe.Answer | str, at: datetime) -> PhoneLine:
    """Write down what a trunk answered; a text says why it leads nowhere."""
    if answer == sip_probe.Answer.WORKS:
        status = lines.Status.READY
    elif isinstance(answer, sip_probe.Answer) and answer.is_about_credentials:
        status = lines.Status.UNAUTHORIZED
    else:
        status = lines.Status.UNREACHABLE
    return lines.note_check(line=line, status=status, detail=str(answer), at=at)


def check_line_of(*, line_pk: int, at: datetime) -> None:
    """The same for a message of the queue: nothing to do where the line is gone."""
    line = PhoneLine.objects.existing().select_related("account").filter(pk=line_pk).first()
    if line is not None:
        check_line(line=line, at=at)
