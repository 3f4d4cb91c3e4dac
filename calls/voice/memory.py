"""What the agent knows of its conversation: what was said, and what it was told beside that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

from pipecat.processors.aggregators.llm_context import LLMContext

from calls.voice.providers.house import Message
from calls.voice.standing_in import NOTE, sentences

if TYPE_CHECKING:
    from pipecat.processors.aggregators.llm_context import LLMContextMessage


class Memory:
    """Of the whole conversation the embedded engine is given `messages`; a language model `context`, and `notes` as
    instructions. `context` is the pipeline's, which adds the caller's turns itself."""

    def __init__(self, context: LLMContext) -> None:
        self.messages: list[Message] = []
        self.notes: list[str] = []
        self.context = context
        self._known_before = 0

    @property
    def last_words(self) -> str:
        """The person's, where nobody has said anything since."""
        last = self.messages[-1] if self.messages else None
        return last.text if last is not None and last.role == "user" else ""

    @property
    def awaits_answer(self) -> bool:
        """Whether the person spoke last."""
        turns = [message.role for message in self.messages if message.role in ("user", "agent")]
        return bool(turns) and turns[-1] == "user"

    def heard(self, text: str) -> None:
        """The person has said this, and the pipeline knows."""
        self.messages.append(Message("user", text))

    def remember(self, role: Literal["user", "agent"], text: str, *, meaning: str = "") -> None:
        """Somebody said this. The embedded engine takes it for its meaning, where it has another."""
        self.messages.append(Message(role, meaning or text))
        message = {"role": "user" if role == "user" else "assistant", "content": text}
        self.context.add_message(cast("LLMContextMessage", message))

    def heed(self, note: str) -> None:
        """An operator's instruction."""
        self.notes.append(note)
        self.messages.append(Message("note", note))

    def heed_operator(self, said: Sequence[str]) -> None:
        """What was said in the agent's place: a language model's as an instruction, the embedded engine's as facts."""
        words = " ".join(said)
        self.notes.append(NOTE.format(said=words) if words else NOTE.partition(" They said")[0])
        known = {message.text for message in self.messages if message.role == "told"}
        self.messages += [Message("told", sentence) for sentence in sentences(words) if sentence not in known]

    def turn_aside(self, *, is_on: bool) -> None:
        """The agent speaks with a colleague, or with the caller again: neither is told what the other said."""
        if is_on:
            self._known_before = len(self.context.messages)
        else:
            self.context.set_messages(self.context.messages[: self._known_before])
