"""Asking a trunk to transfer a call by itself: REFER, and the NOTIFY that says what came of it."""

from __future__ import annotations

from typing import Final

from baresip.call import Call, CallState
from baresip.errors import BaresipError, TransferFailed

from calls.telephony.base import EndedBy, EndReason, LegEnd

# A trunk that takes the request and never says what came of it.
REFER_SECONDS: Final = 45.0
# What the stack says of a call that it closes because the trunk has done it.
WAS_REFERRED: Final = "Call transfered"
_REASONS: Final = {
    404: EndReason.INVALID_NUMBER,
    408: EndReason.NO_ANSWER,
    480: EndReason.NO_ANSWER,
    486: EndReason.BUSY,
    600: EndReason.BUSY,
    603: EndReason.REJECTED,
}


async def ask_to_refer(call: Call, to: str) -> LegEnd | None:
    """None: the trunk has connected the two, and the call is over. Otherwise why not. The call has been answered."""
    # One that was answered at once was so before it listened, and does not know it.
    call._state = CallState.ESTABLISHED
    try:
        await call.transfer(to, timeout=REFER_SECONDS)
    except TransferFailed as error:
        reason = _REASONS.get(error.status or 0, EndReason.CARRIER_ERROR)
        return LegEnd(reason, EndedBy.CARRIER, f"REFER, SIP {error.status}" if error.status else "REFER")
    except (BaresipError, ValueError) as error:
        return LegEnd(EndReason.CARRIER_ERROR, EndedBy.CARRIER, f"REFER, {type(error).__name__}")
    return None
