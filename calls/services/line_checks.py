"""Trying a phone line: whether it can be called over, now."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils.translation import gettext_noop

from calls.models import LineNumber, PhoneLine
from calls.services import lines, twilio_calls
from calls.telephony import sip_probe
from calls.telephony.sip_trunk import Trunk, TrunkUnreachable, look_up
from calls.telephony.twilio_rest import Login, TwilioAway, TwilioRefused

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
WORKS: Final = str(sip_probe.Answer.WORKS)
TWILIO_REFUSES: Final = gettext_noop("Twilio refused the account SID or the auth token.")
TWILIO_AWAY: Final = gettext_noop("Twilio does not answer.")
TWILIO_CLOSED: Final = gettext_noop("The account with Twilio is suspended or closed.")
TWILIO_NUMBERS: Final = gettext_noop("A number of the line is not one of the account with Twilio.")
_SUSPENDED: Final = (20005, 20006, 10001)
NOT_PUBLIC: Final = gettext_noop("Twilio cannot reach this installation: its public address must begin with https.")


def check_line(*, line: PhoneLine, at: datetime) -> PhoneLine:
    """Try the line and write down what came of it. It asks over the network: no transaction may be open."""
    if line.kind == PhoneLine.Kind.TWILIO:
        status, detail = _ask_twilio(line)
        return lines.note_check(line=line, status=status, detail=detail, at=at)

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


def _ask_twilio(line: PhoneLine) -> tuple[str, str]:
    """How the line is, and why."""
    login, rest = Login(line.account_sid, line.secret), twilio_calls.rest()
    try:
        if rest.account_status(login) != "active":
            return lines.Status.UNAUTHORIZED, TWILIO_CLOSED
        numbers = list(LineNumber.objects.filter(line=line).order_by("position").values_list("number", flat=True))
        if rest.missing_numbers(login, numbers):
            return lines.Status.UNAUTHORIZED, TWILIO_NUMBERS
    except TwilioRefused as refused:
        # Somebody else's account is not found, and a suspended one may not ask.
        if refused.code in _SUSPENDED:
            return lines.Status.UNAUTHORIZED, TWILIO_CLOSED
        return lines.Status.UNAUTHORIZED, TWILIO_REFUSES
    except TwilioAway:
        return lines.Status.UNREACHABLE, TWILIO_AWAY
    if not settings.PUBLIC_URL.startswith("https://") and not settings.PHONE_LINES_ALLOW_PRIVATE:
        return lines.Status.UNREACHABLE, NOT_PUBLIC
    return lines.Status.READY, WORKS


def check_line_of(*, line_pk: int, at: datetime) -> None:
    """The same for a message of the queue: nothing to do where the line is gone."""
    line = PhoneLine.objects.existing().select_related("account").filter(pk=line_pk).first()
    if line is not None:
        check_line(line=line, at=at)
