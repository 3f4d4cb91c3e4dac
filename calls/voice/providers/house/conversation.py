"""What has happened in a call so far, read from its messages alone, so that whoever takes it over knows the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from calls.voice.providers.house import intents, slots, words
from calls.voice.providers.house.asks import Ask
from calls.voice.providers.house.handing_over import Desk

MAX_MESSAGES = 300
# Asked when a caller takes up an offer to move an appointment.
WHEN_INSTEAD = Ask("What day and time would suit you?", "date")
_VOLUNTEERED = ("phone", "email", "name")


@dataclass(frozen=True)
class Message:
    """One turn, an operator's `note`, or a sentence that the caller was `told` by somebody in the agent's place."""

    role: Literal["user", "agent", "note", "told"]
    text: str


@dataclass(frozen=True)
class Persona:
    """An agent as its owner set it up."""

    prompt: str
    language: str = "en-US"
    agent_name: str = ""
    first_message: str | None = None
    # Whom callers may be given to.
    desks: tuple[Desk, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What to say next. `ends_call`: hang up once it is said. `kind` tells what moved the engine to say it."""

    text: str
    ends_call: bool = False
    kind: str = "answer"
    # Give the caller to the desk of this name once it is said.
    transfer: str = ""


@dataclass
class State:
    """Where the conversation stands before the reply."""

    heard: str = ""
    heard_before: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    new_notes: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    pending: Ask | None = None

    @property
    def last_said(self) -> str:
        return self.said[-1] if self.said else ""

    def has_said(self, text: str) -> bool:
        wanted = _key(text)
        return any(wanted in _key(said) for said in self.said)


def _key(text: str) -> str:
    return " ".join(words.tokens(text))


def was_put(ask: Ask, said: str) -> bool:
    """Whether the agent's words hold this question, whole or cut off by the caller late in it."""
    question, text = _key(ask.question).split(), _key(said).split()
    if " ".join(question) in " ".join(text):
        return True
    enough = max(3, round(len(question) * 0.6))
    return any(text[-n:] == question[:n] for n in range(len(question) - 1, enough - 1, -1))


def is_answer(ask: Ask, heard: str) -> bool:
    """Whether what was heard answers the question, or is something else."""
    heard = intents.without_courtesies(heard)
    if not heard:
        return False
    if intents.is_filler(heard) and not (intents.is_yes(heard) or intents.is_no(heard)):
        return False
    found = intents.intents(heard)
    if any(
        i in found
        for i in (
            "repeat",
            "hold",
            "robot",
            "who",
            "why",
            "probe",
            "wants_person",
            "capabilities",
            "wrong_number",
            "opt_out",
            "has_question",
            "wants_help",
            "refuses",
            "why_ask",
        )
    ):
        return False
    if "hello" in found and len(words.tokens(heard)) <= 3:
        return False
    if ask.kind in _VOLUNTEERED and not slots.said_back(ask.kind, heard):
        # A number is a number, a name a name; only a plain no, or "the one you called", stands in for it.
        same = re.search(r"\b(?:this|same|that|the one|you (?:have|called|dialed))\b", heard, re.I)
        plain_no = intents.is_no(heard) and len(words.tokens(heard)) <= 6
        return plain_no or (ask.kind != "name" and bool(same) and not intents.is_question(heard))
    if (
        ask.kind in ("phone", "email", "name", "date", "number")
        and not slots.said_back(ask.kind, heard)
        and volunteered(heard)
    ):
        return False
    if ask.kind == "text" and re.match(r"\W*my name(?:'s| is)\b", heard, re.I):
        return False
    if ask.kind == "yes_no" and re.match(r"\W*ok(?:ay)?\b", heard, re.I) and intents.is_question(heard):
        return False
    if ask.kind == "yes_no":
        return intents.is_yes(heard) or intents.is_no(heard) or not intents.is_question(heard)
    if slots.said_back(ask.kind, re.sub(r"\?\s*$", "", heard)):
        return not intents.is_question(re.sub(r"\?\s*$", "", heard))
    bare_yes = (
        intents.is_yes(heard) and len(words.tokens(heard)) <= 3 and (ask.kind != "text" or not words.terms(heard))
    )
    return not intents.is_question(heard) and not bare_yes


def read_history(history: Sequence[Message], asks: Sequence[Ask]) -> State:
    """Follow the call from its first message to what was heard last."""
    state = State()
    for message in list(history)[-MAX_MESSAGES:]:
        text = message.text[: words.MAX_TEXT].strip()
        if message.role == "note":
            state.notes.append(text)
            state.new_notes.append(text)
        elif message.role == "agent":
            if state.heard:
                state.heard_before.append(state.heard)
                _note_given(state, state.heard, asks)
                state.heard = ""
            state.said.append(text)
            state.new_notes = []
            put = [ask for ask in asks if was_put(ask, text)]
            state.asked.update(ask.question for ask in put)
            if put:
                # The last one in the text is the one that waits for an answer.
                state.pending = max(put, key=lambda ask: _key(text).find(_key(ask.question)))
        elif message.role == "user":
            # Two utterances without a reply between them are one: the first was cut off.
            state.heard = f"{state.heard} {text}".strip()
    return state


def answers_another(state: State, asks: Sequence[Ask], heard: str) -> Ask | None:
    """The earlier question, still open, that this belongs to when the one put last wants a name or a number."""
    if state.pending is None or state.pending.kind not in _VOLUNTEERED or is_answer(state.pending, heard):
        return None
    heard = intents.without_courtesies(heard)
    for ask in asks:
        missing = ask.kind in _VOLUNTEERED and ask.kind not in state.given and ask.question in state.asked
        if missing and ask is not state.pending and not intents.is_question(heard) and slots.said_back(ask.kind, heard):
            return ask
    if not (intents.is_yes(heard) or intents.is_no(heard)) or len(words.tokens(heard)) < 3:
        return None
    still_open = [a for a in asks if a.kind == "yes_no" and a.question in state.asked - state.given]
    return next((ask for ask in still_open if is_answer(ask, heard)), None)


def _note_given(state: State, heard: str, asks: Sequence[Ask]) -> None:
    if state.pending is not None and is_answer(state.pending, heard):
        state.given.add(state.pending.kind if state.pending.kind in _VOLUNTEERED else state.pending.question)
        state.pending = None
    elif state.pending is not None and "refuses" in intents.intents(heard):
        state.pending = None
    elif (other := answers_another(state, asks, heard)) is not None:
        state.given.add(other.kind if other.kind in _VOLUNTEERED else other.question)
    state.given.update(volunteered(heard))


def volunteered(heard: str) -> dict[str, str]:
    """What a caller gives unasked: kind and value."""
    found = {"phone": slots.phone_of(heard), "email": slots.email_of(heard), "name": slots.name_given(heard)}
    if intents.wants_booking(heard) and slots.has_day_and_time(heard):
        found["date"] = slots.when_of(heard)
    return {kind: value for kind, value in found.items() if value}
