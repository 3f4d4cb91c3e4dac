"""From a call's rows to what its conversation is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from agents import compliance, keypad, transfers, voices
from agents.models import AgentVersion
from calls import inbound_limits
from calls.audio.framing import TELEPHONE_RATE
from calls.models import Call, CallEvent, Leg, Turn
from calls.services import legs, off_record, operating
from calls.services.lifecycle import Claim
from calls.services.transfers import pending_transfer
from calls.telephony.browser import BROWSER_RATE
from calls.voice.keypad import KeypadRules
from calls.voice.session import Destination, PastTurn, Patience, PendingTransfer, SessionSpec, Speaker

# A conversation that is taken over at its very end still says goodbye.
LEAST_DURATION: Final = 5.0


@dataclass(frozen=True)
class Session:
    """A call that is to be driven, and all that its conversation needs to know."""

    call: Call
    spec: SessionSpec


def load_session(*, claim: Claim, at: datetime) -> Session | None:
    """None where nobody is there to hold the leg."""
    call = Call.objects.select_related("agent_version", "phone_line").get(public_id=claim.call_id)
    leg = Leg.objects.get(call=call)
    is_dialed = leg.status != Leg.Status.PLANNED
    holder = leg.holder or legs.free_gateway(at=at)
    if holder is None:
        return None

    version = call.agent_version
    owed = compliance.read(version.compliance)
    turns = list(Turn.objects.filter(call=call, is_aside=False).order_by("number"))
    talked = (at - call.answered_at).total_seconds() if call.answered_at else 0.0
    longest = min(version.max_duration, leg.params.get("max_duration") or version.max_duration)
    spec = SessionSpec(
        call_id=call.public_id,
        token=claim.token,
        holder=holder,
        is_dialed=is_dialed,
        language=version.language,
        voice=voices.speaker_of(version.voice),
        agent_name=version.name,
        prompt=version.prompt,
        temperature=version.temperature,
        first_message=version.first_message,
        voicemail_action="hang_up" if version.voicemail_action == "hang_up" else "leave_message",
        voicemail_message=version.voicemail_message,
        screening_message=version.screening_message,
        keypad=_keys(version),
        silence_timeout=version.silence_timeout,
        first_silence_timeout=_first_silence_timeout(call, turns),
        is_interruptible=version.interruptible,
        patience=cast(Patience, version.patience),
        speed=version.speed,
        max_duration=max(LEAST_DURATION, longest - talked),
        history=tuple(_past_turn(turn) for turn in turns),
        notes=tuple(
            event.data["text"] for event in CallEvent.objects.filter(call=call, type="call.note").order_by("seq")
        ),
        operators_said=operating.said_by_operators(call),
        recording_announcement=owed.recording_announcement or "",
        consent_ask=owed.consent.ask if owed.consent else "",
        consent_if_no=owed.consent.if_no if owed.consent else "hang_up",
        consent_answer=_consent_answer(call) if owed.consent else "",
        is_off_record=leg.is_off_record or (not is_dialed and owed.waits_for_consent),
        is_paused_by_agent=leg.is_off_record and off_record.is_paused_by_agent(call),
        is_taken_over=operating.is_taken_over(call),
        destinations=tuple(
            Destination(one.name, one.when, one.announcement) for one in transfers.read(version.transfers)
        ),
        transfer=_pending(call),
        may_be_machine=call.direction == Call.Direction.OUTBOUND and version.voicemail_action != "off",
        is_outbound=call.direction == Call.Direction.OUTBOUND,
        rate=BROWSER_RATE if leg.kind == Leg.Kind.BROWSER else TELEPHONE_RATE,
    )
    return Session(call, spec)


def _first_silence_timeout(call: Call, turns: Sequence[Turn]) -> float | None:
    """For those who come in by a line: who rings numbers at random says nothing."""
    has_spoken = any(turn.speaker == Turn.Speaker.USER for turn in turns)
    if call.direction == Call.Direction.OUTBOUND or call.phone_line is None or has_spoken:
        return None
    return min(call.agent_version.silence_timeout, inbound_limits.read(call.phone_line.inbound_limits).silent_after)


def _keys(version: AgentVersion) -> KeypadRules:
    kept = keypad.read(version.keypad)
    return KeypadRules(kept.menu, kept.terminator, kept.digit_timeout, kept.may_press, kept.wanted)


def _pending(call: Call) -> PendingTransfer | None:
    transfer = pending_transfer(call)
    return PendingTransfer(transfer.public_id, transfer.name) if transfer is not None else None


def _consent_answer(call: Call) -> str:
    """What the person said to the question whether they may be recorded; empty: nothing yet."""
    told = CallEvent.objects.filter(call=call, type="call.consent").order_by("-seq").first()
    return "" if told is None else str(told.data.get("detail", ""))


def _past_turn(turn: Turn) -> PastTurn:
    return PastTurn(
        number=turn.number,
        speaker=cast(Speaker, turn.speaker),
        text=turn.text,
        is_final=turn.is_final,
        utterance=turn.utterance,
        end_ms=turn.end_ms or 0,
    )
