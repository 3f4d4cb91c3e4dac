"""Not knowing, and saying again what was said."""

from __future__ import annotations

import re

from calls.voice.providers.house.conversation import State

_UNKNOWN = (
    "I'm sorry, I don't know that.",
    "I'm afraid I don't have that information.",
    "I'm sorry, I can't say, I don't have that information.",
)
_AGAIN = re.compile(r"^(?:I said: |I said that I don't know that\. Before that: |Sorry, as I was saying: )+")
# Courtesies: worth repeating only together with something else.
_EMPTY = re.compile(
    r"(?:(?:That's all right|All right|That's all I needed|You're welcome|Great|Good|Hello|I see|Please go ahead|Of course, (?:go ahead|take your time)|I'll do my best)\."
    r"|(?:Is there anything else I can help you with|What would you like to know|How can I help you)\?)"
)


def unknown(state: State, owners_words: str) -> str:
    """That it is not known: in the owner's words where there are some, and never twice running in the same."""
    if owners_words and owners_words not in state.last_said:
        return owners_words
    before = sum(any(text in said for text in _UNKNOWN) for said in state.said)
    return _UNKNOWN[before % len(_UNKNOWN)]


def again(state: State, owners_unknown: str) -> str:
    """What was said last. When that was only that something is not known, the last thing of substance as well."""
    last = _AGAIN.sub("", state.last_said)
    if not _is_unknown(last, owners_unknown):
        return f"I said: {last}"
    # The greeting is not gone back to: the talk has left it behind.
    for said in reversed(state.said[1:]):
        earlier = _AGAIN.sub("", said)
        if not _is_unknown(earlier, owners_unknown) and _EMPTY.sub("", earlier).strip():
            return f"I said that I don't know that. Before that: {earlier}"
    return f"I said: {last}"


def _is_unknown(said: str, owners_unknown: str) -> bool:
    """Whether nothing but not knowing was said; a question behind it is something."""
    for text in (*_UNKNOWN, owners_unknown):
        if text and text in said:
            return not _EMPTY.sub("", said.replace(text, "")).strip()
    return False
