"""What the conversation is given, what it reports, and how it may end. Values only: no framework, no settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from calls.voice.keypad import PLAIN_KEYPAD, KeypadRules

Speaker = Literal["agent", "user"]
Patience = Literal["quick", "normal", "patient"]
# Of the last one `detail` is what the person said.
Notice = Literal[
    "silence", "voicemail_detected", "provider_failed", "consent", "recording_paused", "recording_resumed", "opted_out"
]


@dataclass(frozen=True)
class PastTurn:
    """A turn that was spoken before this worker took the call. `is_final` false: the agent's, cut off by the loss.

    `utterance` is the bus's number of an agent's turn; without it the newest unfinished turn is taken for the
    utterance that the holder reports. `end_ms` is its end, of the time since the answer.
    """

    number: int
    speaker: Speaker
    text: str
    is_final: bool
    utterance: int | None = None
    end_ms: int = 0


@dataclass(frozen=True)
class Destination:
    """Somebody whom the agent may transfer the call to, by name: who that is, is not the conversation's business."""

    name: str
    # In which case.
    when: str = ""
    # Empty: made from the name.
    announcement: str = ""


@dataclass(frozen=True)
class PendingTransfer:
    """A transfer that was begun before this worker took the call."""

    transfer: str
    name: str


@dataclass(frozen=True)
class SessionSpec:
    """All that a conversation needs to know. Durations in seconds."""

    call_id: str
    token: int
    # Bus address of the leg's holder, and whether the leg is still to be dialled.
    holder: str
    is_dialed: bool
    language: str
    # The voice as the speech provider names it.
    voice: str
    agent_name: str
    prompt: str
    temperature: float
    first_message: str | None
    voicemail_action: Literal["leave_message", "hang_up"]
    voicemail_message: str | None
    silence_timeout: float
    # What is left of the agent's max_duration: less than the whole after a take-over.
    max_duration: float
    # Empty at a call's beginning.
    history: Sequence[PastTurn] = ()
    # Instructions of the account's (`note`), oldest first.
    notes: Sequence[str] = ()
    # What people said in the agent's place, oldest first, and whether one of them, by the log, has the call now.
    operators_said: Sequence[str] = ()
    is_taken_over: bool = False
    # The silence_timeout for a caller who has not said a word yet; None: no other.
    first_silence_timeout: float | None = None
    # Whether an answering machine may have answered. Nobody's machine calls us.
    may_be_machine: bool = True
    # Whether we rang the person: their telephone's assistant, or a recorded menu, may speak first.
    is_outbound: bool = True
    # What an assistant that asks who is calling is told; None: made from the first message.
    screening_message: str | None = None
    keypad: KeypadRules = PLAIN_KEYPAD
    # Whether the caller's voice stops the agent's, how long a pause ends the caller's turn, and how fast the agent speaks.
    is_interruptible: bool = True
    patience: Patience = "normal"
    speed: float = 1.0
    # Whom the call may be transferred to, and the transfer that is under way.
    destinations: Sequence[Destination] = ()
    transfer: PendingTransfer | None = None
    # Said first of all; a question, what becomes of a no, and the answer that another worker has got.
    recording_announcement: str = ""
    consent_ask: str = ""
    consent_if_no: Literal["hang_up", "go_on_unrecorded"] = "hang_up"
    consent_answer: str = ""
    # Nothing is recorded now; it is the agent that paused it.
    is_off_record: bool = False
    is_paused_by_agent: bool = False
    # The leg's, in Hz, as far as it is known before the leg is there.
    rate: int = 8000


@dataclass(frozen=True)
class Outcome:
    """How a conversation ended for this worker.

    "ended": the leg has ended. "superseded": another worker has the call. "released": handed on in good order.
    "media_lost": the leg's holder is gone. "transferred": the caller talks with somebody else, and nobody needs us.
    """

    kind: Literal["ended", "superseded", "released", "media_lost", "transferred"]
    reason: str = ""
    by: str = ""


@dataclass(frozen=True)
class Stages:
    """Milliseconds of each stage of a reply, from the caller's last word; None where it did not apply."""

    vad: int | None = None
    turn: int | None = None
    stt: int | None = None
    llm: int | None = None
    tts: int | None = None
    total: int | None = None


class EventSink(Protocol):
    """Hears what happens in the conversation, in order. Never blocks, never raises; drained before the end.

    Times are milliseconds since the answer (the recording's clock).
    """

    def interim(self, *, speaker: Speaker, text: str) -> None:
        """A partial transcript; the final one replaces it. Kept nowhere."""

    def user_turn(self, *, text: str, start_ms: int, end_ms: int) -> None:
        """The caller said this."""

    def agent_turn_started(self, *, utterance: int, text: str, stages: Stages | None) -> None:
        """This goes to speech synthesis now; a further text with the same `utterance` continues it."""

    def agent_turn_ended(self, *, utterance: int, text: str, start_ms: int, end_ms: int, was_interrupted: bool) -> None:
        """The utterance has been played, or cut off: `text` is what the person heard of it."""

    def operator_turn(self, *, text: str, start_ms: int, end_ms: int) -> None:
        """A person said this in the agent's place."""

    def operator_gone(self) -> None:
        """The agent has the call again."""

    def transfer(self, *, name: str) -> None:
        """The agent wants to give the call to the destination of this name. A `bus.PutThrough` says that it may."""

    def aside(self, *, is_on: bool) -> None:
        """From now on what is said is between the agent and a colleague, and not for the caller."""

    def digit(self, *, digit: str) -> None:
        """The person pressed a key."""

    def digits_sent(self, *, digits: str) -> None:
        """The agent pressed these keys."""

    def heed(self, *, kind: Notice, detail: str = "") -> None:
        """Something worth a line in the call's log."""
