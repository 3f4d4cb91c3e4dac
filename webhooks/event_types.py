"""The public catalogue: every event that customers may hear. A released name is never used again for another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EventType:
    """One kind of event, as the documentation and the dashboard show it."""

    name: str
    description: str


CALL_STARTED = EventType("call.started", "A call has been initiated.")
CALL_TRANSFERRING = EventType("call.transferring", "A call is being transferred: somebody is rung.")
CALL_TRANSFERRED = EventType("call.transferred", "The caller talks with whom the call was transferred to.")
CALL_TRANSFER_FAILED = EventType("call.transfer_failed", "Nobody took a call that was to be transferred.")
CALL_COMPLETED = EventType("call.completed", "A call was answered, and has ended.")
CALL_FAILED = EventType("call.failed", "A call ended without a conversation; its ended_reason says why.")
TRANSCRIPT_READY = EventType("transcript.ready", "The transcript of a call can be fetched.")
RECORDING_READY = EventType("recording.ready", "The recording of a call can be fetched.")
ACCOUNT_BALANCE_LOW = EventType("account.balance_low", "The account's credits have fallen below its threshold.")

ALL = (
    CALL_STARTED,
    CALL_TRANSFERRING,
    CALL_TRANSFERRED,
    CALL_TRANSFER_FAILED,
    CALL_COMPLETED,
    CALL_FAILED,
    TRANSCRIPT_READY,
    RECORDING_READY,
    ACCOUNT_BALANCE_LOW,
)
NAMES = tuple(event_type.name for event_type in ALL)
