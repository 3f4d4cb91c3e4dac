"""The catalogue of what happens in calls, as the log keeps it and the live feed tells it.

A released name is never used again for another thing. Fields are told in JSON Schema: the AsyncAPI document is made of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Shape = Mapping[str, Any]

TEXT: Final[Shape] = {"type": "string", "examples": ["Hello, how can I help you today?"]}
SECONDS: Final[Shape] = {"type": "integer", "minimum": 0, "description": "Seconds", "examples": [245]}
ENDED: Final[Mapping[str, Shape]] = {
    "duration": SECONDS,
    "ended_reason": {"type": "string", "description": "More may come.", "examples": ["user_hangup"]},
}
UTTERANCE: Final[Mapping[str, Shape]] = {
    "speaker": {"type": "string", "enum": ["agent", "user"], "examples": ["agent"]},
    "text": TEXT,
    "is_final": {
        "type": "boolean",
        "description": "False: what is understood so far; the next one of the same speaker replaces it.",
        "examples": [True],
    },
}

DESTINATION: Final[Shape] = {
    "type": "string",
    "description": "As the agent's `transfers` name it.",
    "examples": ["Sales"],
}
ADDRESS: Final[Shape] = {"type": "string", "description": "A number or a SIP address", "examples": ["+14155550123"]}
MODE: Final[Shape] = {"type": "string", "enum": ["cold", "warm"], "examples": ["warm"]}


@dataclass(frozen=True)
class EventType:
    """One kind of event: its name, when it comes, and what it has beside type, call, seq and time."""

    name: str
    description: str
    fields: Mapping[str, Shape] = field(default_factory=dict)
    # Those that are not always there.
    optional: frozenset[str] = frozenset()


ALL: Final = (
    EventType(
        "call.scheduled",
        "The call will begin at this time. With `retry_of` it is another attempt at that call.",
        {
            "scheduled_at": {"type": "string", "format": "date-time", "examples": ["2024-01-15T10:30:00Z"]},
            "attempt": {"type": "integer", "minimum": 1, "description": "From 1", "examples": [2]},
            "retry_of": {"type": "string", "description": "The first attempt's id", "examples": ["call_xyz789"]},
        },
        optional=frozenset({"retry_of"}),
    ),
    EventType(
        "call.started",
        "The call has been initiated. With `direction` it came in: over a phone line, or from a browser.",
        {"direction": {"const": "inbound", "examples": ["inbound"]}},
        optional=frozenset({"direction"}),
    ),
    EventType("call.answered", "Somebody answered."),
    EventType(
        "transcript.update",
        "Something was said. With `was_interrupted` the agent was cut off, and `text` is what was heard. With"
        " `by_operator` a person said it in the agent's place; with `aside` it was said between the agent and whom it"
        " transfers the call to, and the caller has not heard it.",
        {
            **UTTERANCE,
            "was_interrupted": {"const": True, "examples": [True]},
            "by_operator": {"const": True, "examples": [True]},
            "aside": {"const": True, "examples": [True]},
        },
        optional=frozenset({"was_interrupted", "by_operator", "aside"}),
    ),
    EventType("call.say", "You had the agent say this.", {"text": TEXT}),
    EventType("call.note", "You had the agent heed this.", {"text": TEXT}),
    EventType("call.digits_sent", "You pressed these keys.", {"digits": {"type": "string", "examples": ["1#"]}}),
    EventType("call.digit", "The person pressed this key.", {"digit": {"type": "string", "examples": ["5"]}}),
    EventType(
        "call.silence",
        "Nobody spoke: the agent asked for the first or second time whether anybody is there, or gave up.",
        {"detail": {"type": "string", "enum": ["1", "2", "timeout"], "examples": ["1"]}},
    ),
    EventType("call.voicemail_detected", "A machine answered."),
    EventType(
        "call.opted_out",
        "The person wants no more calls: their number is on the do-not-call list now, and the agent says goodbye.",
    ),
    EventType(
        "call.consent",
        "The person answered whether they may be recorded.",
        {"detail": {"type": "string", "enum": ["given", "refused"], "examples": ["given"]}},
    ),
    EventType(
        "call.recording_paused",
        "Nothing is recorded or written down from now on.",
    ),
    EventType("call.recording_resumed", "The call is recorded again."),
    EventType(
        "call.provider_failed",
        "A speech or language provider failed, and another took its place.",
        {"detail": {"type": "string", "examples": ["stt moonshine"]}},
    ),
    EventType("call.taken_over", "A person speaks in the agent's place."),
    EventType(
        "call.handed_back",
        "The agent speaks again. With `detail` the person's connection was lost.",
        {"detail": {"const": "connection_lost", "examples": ["connection_lost"]}},
        optional=frozenset({"detail"}),
    ),
    EventType(
        "call.transferring",
        "The call is being transferred: the caller is told, and somebody is rung.",
        {"name": DESTINATION, "to": ADDRESS, "mode": MODE},
    ),
    EventType(
        "call.transferred",
        "The caller talks with whom the call was transferred to. The call goes on until one of them hangs up.",
        {"name": DESTINATION, "to": ADDRESS, "mode": MODE},
    ),
    EventType(
        "call.transfer_failed",
        "Nobody took the call; the agent has the caller again, unless they hung up.",
        {"name": DESTINATION, "reason": {"type": "string", "description": "More may come.", "examples": ["no_answer"]}},
    ),
    EventType("call.resumed", "Another process of ours leads the conversation on."),
    EventType("call.completed", "A conversation has ended.", ENDED),
    EventType("call.failed", "The call ended without a conversation.", ENDED),
    EventType("transcript.ready", "The transcript and the analysis can be fetched."),
    EventType("recording.ready", "The recording can be fetched.", {"duration": SECONDS}),
)
BY_NAME: Final[Mapping[str, EventType]] = {event_type.name: event_type for event_type in ALL}
