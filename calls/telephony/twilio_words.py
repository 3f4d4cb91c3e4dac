"""What Twilio says and is told: states and errors in our words, TwiML, signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Connect, VoiceResponse

from calls.telephony.base import EndedBy, EndReason, LegEnd

RINGING: Final = "ringing"
ANSWERED: Final = ("in-progress", "answered")
OVER: Final = ("completed", "busy", "no-answer", "failed", "canceled")

# The parameter of a stream that lets it in.
ADMITS: Final = "admits"

_ENDS: Final[Mapping[str, EndReason]] = {
    "busy": EndReason.BUSY,
    "no-answer": EndReason.NO_ANSWER,
    "canceled": EndReason.CANCELED,
}
# What the far end's network said outranks Twilio's summary of it.
_BY_SIP: Final[Mapping[str, EndReason]] = {
    "404": EndReason.INVALID_NUMBER,
    "484": EndReason.INVALID_NUMBER,
    "604": EndReason.INVALID_NUMBER,
    "480": EndReason.NO_ANSWER,
    "408": EndReason.NO_ANSWER,
    "486": EndReason.BUSY,
    "600": EndReason.BUSY,
    "603": EndReason.REJECTED,
}
# Numbers that cannot be, in the answer to a dial and in what came of one.
_BAD_NUMBERS: Final = frozenset({13223, 13224, 13225, 21201, 21211, 21214, 21217, 21265, 21421, 32009})


def is_signed(*, url: str, params: Any, signature: str, auth_token: str) -> bool:
    """Whether who has the token asked for exactly this."""
    return bool(auth_token) and bool(RequestValidator(auth_token).validate(url, params, signature))


def is_socket_signed(*, url: str, signature: str, auth_token: str) -> bool:
    """The same of a socket's handshake, which has been seen signed with a slash at the end of its address, too."""
    return any(
        is_signed(url=address, params={}, signature=signature, auth_token=auth_token) for address in (url, f"{url}/")
    )


def end_of(state: str, *, sip_code: str = "", error_code: str = "") -> LegEnd:
    """The end of a call that nobody answered."""
    detail = f"Twilio {state}" + (f" SIP {sip_code}" if sip_code else "") + (f" {error_code}" if error_code else "")
    if error_code.isdecimal() and int(error_code) in _BAD_NUMBERS:
        reason = EndReason.INVALID_NUMBER
    else:
        reason = _BY_SIP.get(sip_code) or _ENDS.get(state, EndReason.CARRIER_ERROR)
    return LegEnd(reason, EndedBy.USER if reason == EndReason.REJECTED else EndedBy.CARRIER, detail)


def end_of_refusal(status: int, code: int) -> LegEnd:
    """The end of a call that Twilio did not place."""
    reason = EndReason.INVALID_NUMBER if code in _BAD_NUMBERS else EndReason.CARRIER_ERROR
    return LegEnd(reason, EndedBy.CARRIER, f"Twilio {code or status}")


def connect(*, stream_url: str, token: str, next_url: str) -> str:
    """Join the call to a socket of ours; when that is gone, ask what comes next."""
    answer = VoiceResponse()
    joined = Connect()
    joined.stream(url=stream_url).parameter(name=ADMITS, value=token)
    answer.append(joined)
    answer.redirect(next_url, method="POST")
    return str(answer)


def wait(*, next_url: str) -> str:
    """Let it ring for a second, and ask again: a call that has not been answered is not, by a pause."""
    answer = VoiceResponse()
    answer.pause(length=1)
    answer.redirect(next_url, method="POST")
    return str(answer)


def hang_up() -> str:
    answer = VoiceResponse()
    answer.hangup()
    return str(answer)


def reject(reason: str) -> str:
    """Do not answer: `busy` or `rejected`. It costs nobody anything."""
    answer = VoiceResponse()
    answer.reject(reason=reason)
    return str(answer)
