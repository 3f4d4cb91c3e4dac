"""The engine: one agent's prompt, and what to reply in a conversation of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from calls.voice.providers.house.conversation import WHEN_INSTEAD, Message, Persona, Reply, State, read_history
from calls.voice.providers.house.embeddings import Embedder
from calls.voice.providers.house.foreign import reply_in
from calls.voice.providers.house.handing_over import Desk, wanted
from calls.voice.providers.house.knowledge import knowledge_of
from calls.voice.providers.house.notes import Heed, heed
from calls.voice.providers.house.phrases import phrases_for
from calls.voice.providers.house.prompt import read_prompt
from calls.voice.providers.house.script import Script
from calls.voice.providers.house.turn import Turn


class House:
    """Replies as one agent. It keeps nothing between calls of its methods; any thread may use it."""

    def __init__(self, persona: Persona, *, embedder: Embedder | None = None) -> None:
        self._persona = persona
        self._brief = read_prompt(persona.prompt)
        self._script = Script(persona, self._brief)
        self._embedder = embedder
        self._foreign = phrases_for(persona.language)

    def prepare(self) -> None:
        """Make the embeddings of the facts now, rather than in the first reply."""
        knowledge_of(self._persona.prompt, self._brief, ()).index.search("warm up", self._embedder)

    def first_message(self) -> str:
        """The greeting: the owner's words, or the agent's name, company and reason to call."""
        return self._script.first_message()

    def silence_prompt(self, n: int) -> str:
        """What to say into the n-th silence (from 1)."""
        return self._script.silence_prompt(n)

    def goodbye(self, reason: str = "") -> str:
        """The last words: for a reason of the platform's, or of the agent's own accord."""
        return self._script.goodbye(reason)

    def unheard(self) -> str:
        """Asks the caller to say it again."""
        return self._script.unheard()

    def voicemail_message(self) -> str:
        """A message for an answering machine."""
        return self._script.voicemail_message()

    def continuation(self, text_left: str) -> str:
        """The rest of a thought after the line was interrupted."""
        return self._script.continuation(text_left)

    def reply(self, history: Sequence[Message]) -> Reply:
        """The next words of the agent, after the last message of the history."""
        heeded = [heed(message.text) for message in history if message.role == "note"]
        asks = (*self._brief.asks, *(ask for note in heeded for ask in note.asks))
        state = read_history(history, (*asks, WHEN_INSTEAD))
        facts = [note.fact for note in heeded if note.fact]
        facts += [message.text for message in history if message.role == "told"]
        if (desk := self._wanted(state.heard)) is not None:
            return Reply(desk.announcement, kind="transfer", transfer=desk.name)
        knowledge = knowledge_of(self._persona.prompt, self._brief, tuple(facts[-20:]))
        fresh = heeded[len(heeded) - len(state.new_notes) :]
        turn = Turn(self._script, self._brief, state, asks, knowledge, self._embedder)
        reply = reply_in(self._foreign, turn) if self._foreign else turn.reply()
        return self._with_notes(reply, fresh, state)

    def _wanted(self, heard: str) -> Desk | None:
        wants_person = self._foreign is not None and self._foreign.heard_person.search(heard) is not None
        return wanted(heard, self._persona.desks, wants_person=wants_person)

    def _with_notes(self, reply: Reply, fresh: list[Heed], state: State) -> Reply:
        says = [note.say for note in fresh if note.say and note.say not in reply.text]
        asks = [
            ask.question
            for note in fresh
            for ask in note.asks
            if ask.question not in state.asked and ask.question not in reply.text
        ]
        if any(note.wraps_up for note in fresh) and not reply.ends_call:
            text = reply.text if reply.kind == "answer" else ""
            reply = Reply(
                " ".join(part for part in (text, self._script.goodbye()) if part), ends_call=True, kind="goodbye"
            )
        if not says and not asks:
            return reply
        if reply.ends_call:
            return Reply(" ".join([*says, reply.text]), ends_call=True, kind=reply.kind)
        if reply.kind in ("answer", "unknown", "question", "noted"):
            kept = (
                reply.text
                if not asks
                else " ".join(s for s in re.split(r"(?<=[.!?]) ", reply.text) if not s.endswith("?"))
            )
            return Reply(" ".join(part for part in (kept, *says, *asks) if part), kind=reply.kind)
        return Reply(" ".join([*says, *asks]), kind="answer" if says else "question")
