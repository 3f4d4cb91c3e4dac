"""What the live feed tells of a call. `type` says which event it is, and `isinstance` which fields it has."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional, Type, Union, get_type_hints

from vaniagent.compat import Literal
from vaniagent.models.base import Model

ENDS = ("call.completed", "call.failed")


class FeedModel(Model):
    """What all events of the feed have. `seq` rises by one within a call; what is not final has none."""

    call_id: str
    timestamp: datetime
    seq: Optional[int] = None


class CallStarted(FeedModel):
    """The call has been initiated. `direction` is "inbound" where it came in, and None where it was placed."""

    type: Literal["call.started"]
    direction: Optional[str] = None


class CallScheduled(FeedModel):
    """The call will begin at this time. `retry_of` is the first attempt's id, where it is another one."""

    type: Literal["call.scheduled"]
    scheduled_at: datetime
    attempt: int
    retry_of: Optional[str] = None


class CallMoved(FeedModel):
    """Something happened that needs no more words."""

    type: Literal[
        "call.answered",
        "call.voicemail_detected",
        "call.opted_out",
        "call.recording_paused",
        "call.recording_resumed",
        "call.taken_over",
        "call.resumed",
        "transcript.ready",
    ]


class TranscriptUpdate(FeedModel):
    """Something was said. Where `is_final` is false the next one of the same speaker replaces it."""

    type: Literal["transcript.update"]
    speaker: str
    text: str
    is_final: bool
    was_interrupted: bool = False
    by_operator: bool = False
    aside: bool = False


class CallInstructed(FeedModel):
    """The agent was told to say or to heed this."""

    type: Literal["call.say", "call.note"]
    text: str


class DigitsSent(FeedModel):
    """These keys were pressed on your word."""

    type: Literal["call.digits_sent"]
    digits: str


class DigitPressed(FeedModel):
    """The person pressed this key."""

    type: Literal["call.digit"]
    digit: str


class CallTrouble(FeedModel):
    """Silence, a provider that was replaced, an answer to the question for consent, the agent's return: `detail` says more."""

    type: Literal["call.silence", "call.provider_failed", "call.consent", "call.handed_back"]
    detail: Optional[str] = None


class CallTransferred(FeedModel):
    """The call is being transferred to somebody, or was: then the caller talks with them."""

    type: Literal["call.transferring", "call.transferred"]
    name: str
    to: str
    mode: str


class TransferFailed(FeedModel):
    """Nobody took the call: the agent has the caller again."""

    type: Literal["call.transfer_failed"]
    name: str
    reason: str


class CallEnded(FeedModel):
    """The last event of a conversation, or of a call that came to none."""

    type: Literal["call.completed", "call.failed"]
    duration: int
    ended_reason: str


class RecordingReady(FeedModel):
    """The recording can be fetched."""

    type: Literal["recording.ready"]
    duration: int


class UnknownFeedEvent(FeedModel):
    """An event that is newer than this package. It is not in the union, so that comparing `type` tells the fields."""

    type: str


FeedEvent = Union[
    CallScheduled,
    CallStarted,
    CallMoved,
    TranscriptUpdate,
    CallInstructed,
    DigitsSent,
    DigitPressed,
    CallTrouble,
    CallTransferred,
    TransferFailed,
    CallEnded,
    RecordingReady,
]

_KINDS: List[Type[Any]] = [
    CallScheduled,
    CallStarted,
    CallMoved,
    TranscriptUpdate,
    CallInstructed,
    DigitsSent,
    DigitPressed,
    CallTrouble,
    CallTransferred,
    TransferFailed,
    CallEnded,
    RecordingReady,
]
_BY_TYPE: Dict[str, Type[Any]] = {}


def feed_types() -> Mapping[str, Type[Any]]:
    """The class of each type of event."""
    if not _BY_TYPE:
        _BY_TYPE.update({name: kind for kind in _KINDS for name in get_type_hints(kind)["type"].__args__})
    return _BY_TYPE


def feed_event(frame: Mapping[str, Any]) -> FeedEvent:
    """The event that a frame of the feed holds."""
    event: FeedEvent = feed_types().get(str(frame.get("type")), UnknownFeedEvent)(frame)
    return event
