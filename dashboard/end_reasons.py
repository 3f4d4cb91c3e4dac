"""Why calls ended, in words that a person understands, and what to do about it. One entry for each EndReason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.telephony.base import EndReason


@dataclass(frozen=True)
class Words:
    """`label` for a list, `sentence` for the call's page, `advice` where there is something to do."""

    label: str | Promise
    sentence: str | Promise
    advice: str | Promise = ""
    # Something broke; nobody's choice.
    is_fault: bool = False


WORDS: Final[Mapping[str, Words]] = {
    EndReason.USER_HANGUP: Words(_("Caller hung up"), _("The person on the phone hung up.")),
    EndReason.AGENT_HANGUP: Words(_("Agent hung up"), _("The agent said goodbye and hung up.")),
    EndReason.API_HANGUP: Words(
        _("Hung up from outside"), _("The call was ended from this page, by the API or over the live feed.")
    ),
    EndReason.MAX_DURATION: Words(
        _("Time was over"),
        _("The call reached the longest duration that its agent allows."),
        _("If calls need more time, raise the agent’s longest duration."),
    ),
    EndReason.SILENCE_TIMEOUT: Words(
        _("Nobody spoke"),
        _("Nobody spoke for a while, so the agent said goodbye."),
        _("If callers need time to think, raise the agent’s silence timeout."),
    ),
    EndReason.TRANSFERRED: Words(_("Transferred"), _("The call was passed on to somebody else.")),
    EndReason.VOICEMAIL_LEFT: Words(_("Message left"), _("A voicemail answered, and the agent left its message.")),
    EndReason.CREDITS_EXHAUSTED: Words(
        _("Credits ran out"),
        _("The workspace’s credits were used up during the call."),
        _("Top up under Settings, Billing; an alert there tells you in time."),
        is_fault=True,
    ),
    EndReason.BUSY: Words(_("Busy"), _("The line was busy."), _("Try again in a few minutes.")),
    EndReason.NO_ANSWER: Words(_("No answer"), _("Nobody picked up."), _("Try again at another time of the day.")),
    EndReason.REJECTED: Words(
        _("Declined"), _("The person declined the call."), _("Ask yourself whether they want to be called again.")
    ),
    EndReason.INVALID_NUMBER: Words(
        _("Wrong number"),
        _("There is no such number."),
        _("Check the number: it begins with + and the country’s code."),
        is_fault=True,
    ),
    EndReason.CARRIER_ERROR: Words(
        _("Carrier failed"),
        _("The telephone network could not put the call through."),
        _("Try again; if it happens often, ask your carrier."),
        is_fault=True,
    ),
    EndReason.VOICEMAIL: Words(
        _("Voicemail"),
        _("A voicemail answered, and the agent hung up, as it is set to."),
        _("To have it leave a message instead, change what the agent does on voicemail."),
    ),
    EndReason.CANCELED: Words(_("Canceled"), _("The call was taken back before anybody was dialled.")),
    EndReason.DO_NOT_CALL: Words(_("Do not call"), _("The number is on the list of those who do not want calls.")),
    EndReason.OUTSIDE_CALLING_HOURS: Words(
        _("Outside hours"),
        _("It was not within the hours in which this agent calls."),
        _("Place the call again within them, or change the hours."),
    ),
    EndReason.NO_CAPACITY: Words(
        _("No room"),
        _("All places for calls were taken on our side, so nobody was dialled. It costs nothing."),
        _("Try again in a minute."),
        is_fault=True,
    ),
    EndReason.SPEECH_ERROR: Words(
        _("Speech failed"),
        _("Our speech recognition or voice failed. It costs nothing."),
        _("Try again; if it happens again, tell us the call’s id."),
        is_fault=True,
    ),
    EndReason.MEDIA_LOST: Words(
        _("Connection lost"),
        _("The sound of the call was lost on the way. It costs nothing."),
        _("Try again; if it happens often on one network, look at that network."),
        is_fault=True,
    ),
    EndReason.WORKER_LOST: Words(
        _("Our fault"),
        _("A process of ours stopped in the middle of the call. It costs nothing."),
        _("Try again; if it happens again, tell us the call’s id."),
        is_fault=True,
    ),
    EndReason.INTERNAL_ERROR: Words(
        _("Our fault"),
        _("Something of ours failed. It costs nothing."),
        _("Try again; if it happens again, tell us the call’s id."),
        is_fault=True,
    ),
}


def words_of(reason: str | None) -> Words | None:
    """The words for a call's `ended_reason`; the reason itself where it is not known here, None before the end."""
    if not reason:
        return None
    return WORDS.get(reason) or Words(reason, reason)
