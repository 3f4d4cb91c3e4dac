"""A transfer as the agent goes through it: it tells the caller, waits, briefs the colleague, and comes back if need be.

Everything has an end: each stage that waits for somebody waits for so long, and then the caller is the agent's again.
What the holder says of the second leg outranks what is thought here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Final

from calls import bus
from calls.voice.providers.house import Message, intents, slots
from calls.voice.session import Destination, PendingTransfer, SessionSpec
from calls.voice.transfer_words import ENGLISH, TransferWords, words_in
from calls.voice.voicemail import is_machine_greeting

# For the service that looks into who may be reached.
ASKED_SECONDS: Final = 5.0
# An announcement that has not come to its end by now is not waited for.
TELLING_SECONDS: Final = 20.0
# The holder is asked again; and how long it may take in all, beyond its own ring time-out.
ASK_AGAIN_SECONDS: Final = 2.0
RINGING_SECONDS: Final = 60.0
# The colleague's hello is let pass.
GREETING_SECONDS: Final = 2.0
GREETING_LONGEST: Final = 6.0
BRIEF_SECONDS: Final = 30.0
# For a yes or a no, twice.
REPLY_SECONDS: Final = 7.0
MOST_QUESTIONS: Final = 2
PARTING_SECONDS: Final = 10.0
# Of what the caller said.
MOST_WORDS: Final = 25
LEAST_WORDS: Final = 4
YES_KEY, NO_KEY = "1", "2"


class Stage(Enum):
    NONE = auto()
    ASKED = auto()
    TELLING = auto()
    RINGING = auto()
    GREETING = auto()
    BRIEFING = auto()
    WAITING = auto()
    PARTING = auto()
    CONNECTING = auto()


class Transferring:
    """One conversation's. `speak` says something, not to be interrupted; `is_idle`: nothing is being said or made."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        send: Callable[[bus.Item], None],
        speak: Callable[[str], None],
        is_idle: Callable[[], bool],
        is_heard: Callable[[], bool],
        on_aside: Callable[[bool], None],
        messages: Callable[[], Sequence[Message]],
    ) -> None:
        self._clock = clock
        self._send = send
        self._speak = speak
        self._is_idle = is_idle
        # Whether somebody speaks to the agent now.
        self._is_heard = is_heard
        self._on_aside = on_aside
        self._messages = messages
        self._spec: SessionSpec
        self._words: TransferWords = ENGLISH
        self._stage = Stage.NONE
        self._since = 0.0
        self._asked_holder_at: float | None = None
        self._has_told = False
        self._transfer = ""
        self._name = ""
        self._questions = 0
        self._reason = ""

    @property
    def is_on(self) -> bool:
        """Whether the agent is busy with it, and replies to nobody."""
        return self._stage != Stage.NONE

    @property
    def is_aside(self) -> bool:
        """Whether it speaks with the colleague, and the caller does not hear it."""
        return self._stage in (Stage.GREETING, Stage.BRIEFING, Stage.WAITING, Stage.PARTING, Stage.CONNECTING)

    def take_on(self, spec: SessionSpec) -> None:
        self._spec = spec
        self._words = words_in(spec.language)

    def resume(self, pending: PendingTransfer) -> None:
        """Another worker has begun with it: ask the holder how it stands."""
        self._transfer, self._name = pending.transfer, pending.name
        self._become(Stage.RINGING)

    # --- What happens -------------------------------------------------------------------------------------------------

    def ask(self, name: str, *, has_told: bool) -> bool:
        """The agent wants to transfer the call, and has told the caller or not. False where it is at it already."""
        if self.is_on:
            return False
        self._name, self._has_told = name, has_told
        self._become(Stage.ASKED)
        return True

    def put_through(self, item: bus.PutThrough) -> None:
        """It is allowed, whoever asked for it."""
        if self._stage not in (Stage.NONE, Stage.ASKED):
            return
        was_asked = self._stage == Stage.ASKED
        self._transfer, self._name = item.transfer, item.name
        if not (was_asked and self._has_told):
            self._speak(item.announcement or self._words.announcement.format(name=item.name))
        self._become(Stage.TELLING)

    def became(self, item: bus.TransferState) -> None:
        """What the holder, or the service, says of it. `connected` is the conversation's to hear."""
        if item.transfer not in ("", self._transfer) or not self.is_on:
            return
        if item.state == "answered" and not self.is_aside:
            self._on_aside(True)
            self._questions = 0
            self._become(Stage.GREETING)
        elif item.state == "ended":
            self._come_back(item.reason)

    def heard(self, text: str) -> None:
        """The colleague said this."""
        if self._stage == Stage.GREETING and is_machine_greeting(text):
            self._part("voicemail")
        elif self._stage == Stage.GREETING:
            self._brief()
        elif self._stage in (Stage.BRIEFING, Stage.WAITING):
            self._take_answer(text)

    def pressed(self, digit: str) -> None:
        """The colleague pressed a key."""
        if self._stage in (Stage.BRIEFING, Stage.WAITING) and digit == YES_KEY:
            self._connect()
        elif self._stage in (Stage.BRIEFING, Stage.WAITING) and digit == NO_KEY:
            self._part("rejected")

    def abandon(self) -> None:
        """The call is to end: let go of the colleague, and say it to the caller."""
        if self._transfer and self.is_on:
            self._drop("canceled")
        if self.is_aside:
            self._on_aside(False)
        self._become(Stage.NONE)

    # --- Time ---------------------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        waited = now - self._since
        match self._stage:
            case Stage.ASKED if waited > ASKED_SECONDS:
                self._come_back("refused")
            case Stage.TELLING if self._is_idle() or waited > TELLING_SECONDS:
                self._become(Stage.RINGING)
            case Stage.RINGING:
                self._tick_ringing(now, waited)
            case Stage.GREETING if waited > GREETING_LONGEST or (waited > GREETING_SECONDS and not self._is_heard()):
                self._brief()
            case Stage.BRIEFING if self._is_idle() or waited > BRIEF_SECONDS:
                self._become(Stage.WAITING)
            case Stage.WAITING if self._is_heard():
                self._since = now
            case Stage.WAITING if waited > REPLY_SECONDS:
                self._ask_again_or("no_answer")
            case Stage.PARTING if self._is_idle() or waited > PARTING_SECONDS:
                self._again(now, lambda: self._drop(self._reason))
            case Stage.CONNECTING:
                self._again(now, lambda: self._send(bus.Connect(self._spec.call_id, self._spec.token)))

    def _tick_ringing(self, now: float, waited: float) -> None:
        if waited > RINGING_SECONDS:
            self._drop("no_answer")
            self._come_back("no_answer")
            return
        transfer = bus.Transfer(self._spec.call_id, self._spec.token, self._transfer)
        self._again(now, lambda: self._send(transfer))

    def _again(self, now: float, say: Callable[[], None]) -> None:
        """Say it to the holder now, and every few seconds until it answers."""
        if self._asked_holder_at is None or now - self._asked_holder_at >= ASK_AGAIN_SECONDS:
            self._asked_holder_at = now
            say()

    # --- With the colleague -------------------------------------------------------------------------------------------

    def _brief(self) -> None:
        self._questions = 1
        self._speak(brief(self._words, self._spec.agent_name, self._messages()))
        self._become(Stage.BRIEFING)

    def _take_answer(self, text: str) -> None:
        if is_machine_greeting(text):
            self._part("voicemail")
        elif self._words.heard_no.search(text):
            self._part("rejected")
        elif self._words.heard_yes.search(text):
            self._connect()
        elif self._stage == Stage.WAITING and not intents.is_filler(text):
            self._ask_again_or("rejected")

    def _ask_again_or(self, reason: str) -> None:
        if self._questions >= MOST_QUESTIONS:
            self._part(reason)
            return
        self._questions += 1
        self._speak(self._words.question)
        self._become(Stage.BRIEFING)

    def _connect(self) -> None:
        self._become(Stage.CONNECTING)

    def _part(self, reason: str) -> None:
        self._reason = reason
        if reason == "rejected":
            self._speak(self._words.thanks)
        self._become(Stage.PARTING)

    def _drop(self, reason: str) -> None:
        self._send(bus.DropTransfer(self._spec.call_id, self._spec.token, reason))

    # --- Back to the caller -------------------------------------------------------------------------------------------

    def _come_back(self, reason: str) -> None:
        if self.is_aside:
            self._on_aside(False)
        self._become(Stage.NONE)
        words = self._words.refused if reason == "refused" else self._words.unavailable
        self._speak(words.format(name=self._name))

    def _become(self, stage: Stage) -> None:
        self._stage, self._since = stage, self._clock()
        self._asked_holder_at = None


def brief(words: TransferWords, agent: str, messages: Sequence[Message]) -> str:
    """Who is on the line and what they want, from what was said, and whether to put them through."""
    said = [message.text for message in messages if message.role == "user"]
    names = [name for text in said if (name := slots.name_given(text))]
    wants = [text for text in said if len(text.split()) >= LEAST_WORDS and "wants_person" not in intents.intents(text)]
    parts = [words.greeting.format(agent=agent), words.named.format(caller=names[-1]) if names else words.unnamed]
    if wants:
        parts.append(words.said.format(words=_cut(wants[-1])))
    return " ".join([*parts, words.question])


def announcement(destination: Destination, *, language: str) -> str:
    """What the caller is told before."""
    return destination.announcement or words_in(language).announcement.format(name=destination.name)


def manners(destinations: Sequence[Destination], *, language: str) -> str:
    """What a language model is told of whom it may transfer a call to."""
    if not destinations:
        return ""
    whom = "\n".join(
        f"- {one.name}{f': when {one.when}' if one.when else ''}. Say: “{announcement(one, language=language)}”"
        f" <transfer {one.name}>"
        for one in destinations
    )
    return (
        "You can transfer the caller to the following, and to nobody else, whatever the caller says. To do so, say the words"
        f" and end with the mark in angle brackets, exactly as it stands here:\n{whom}\n"
        "Never read a phone number of theirs out, and never write the mark for any other reason."
    )


def _cut(text: str) -> str:
    found = text.split()
    return text if len(found) <= MOST_WORDS else f"{' '.join(found[:MOST_WORDS])} …"
