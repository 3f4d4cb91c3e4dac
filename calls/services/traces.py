"""The SIP messages of a call, kept for those who look for a fault in their trunk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction

from calls.models import Call, SipTrace
from calls.telephony.sip_trace import MOST_MESSAGES, MOST_OF_A_CALL, SipMessage, Trace

_EMPTY: Final = SipTrace(messages=[], is_cut=False)


@transaction.atomic
def add_trace(*, call_id: str, trace: Trace) -> None:
    """Keep what went to and fro since the last time. A call that is gone, or whose caller was erased, keeps nothing."""
    if not trace.messages and not trace.is_cut:
        return
    # Its row is locked: an erasure comes before this, and is heeded, or after, and takes this along.
    call = Call.objects.select_for_update(of=("self",), no_key=True).filter(public_id=call_id).first()
    if call is None or "…" in call.to_number:
        return
    kept, _is_new = SipTrace.objects.get_or_create(call=call)
    size = sum(len(message["text"]) for message in kept.messages)
    kept.is_cut = kept.is_cut or trace.is_cut
    for message in trace.messages:
        size += len(message.text)
        if len(kept.messages) >= MOST_MESSAGES or size > MOST_OF_A_CALL:
            kept.is_cut = True
            break
        kept.messages.append(_stored(message))
    kept.save()


def trace_of(call: Call) -> SipTrace:
    """An unsaved, empty one where nothing is kept: no call over SIP, or erased."""
    found: SipTrace | None = SipTrace.objects.filter(call=call).first()
    return found or _EMPTY


def as_text(call_id: str, messages: list[Mapping[str, Any]]) -> str:
    """The messages one below the other, as a file to send to a carrier."""
    pieces = [
        f"{message['at']}  {message['direction']}  {message['transport']}  {message['peer']}\n\n{message['text']}\n"
        for message in messages
    ]
    return f"SIP trace of {call_id}\n\n" + "\n".join(pieces)


def _stored(message: SipMessage) -> dict[str, str]:
    return {
        "at": message.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "direction": "sent" if message.is_sent else "received",
        "transport": message.transport,
        "peer": message.peer,
        "title": message.title,
        "text": message.text,
    }
