"""An operator's notes during the call: a fact to know, or something to do in the next reply."""

from __future__ import annotations

import re
from dataclasses import dataclass

from calls.voice.providers.house import spoken
from calls.voice.providers.house.asks import Ask, questions

_DO = re.compile(
    r"^(?:please |now |just |you (?:can|may|should|must) (?:also )?)*(?P<verb>say|tell|mention|inform|let|remind|offer|ask|collect|get|find out|confirm|wrap up|end|finish|close|hang up|say goodbye|apologi[sz]e|thank)\b(?P<rest>.*)$",
    re.I,
)
_WRAP = re.compile(
    r"\b(?:wrap (?:it |this )?up|(?:end|finish|close|conclude) (?:the|this) (?:call|conversation)|hang up|say good-?bye|let (?:them|him|her|the \w+) go)\b",
    re.I,
)
_MANNER = re.compile(
    r"^(?:please )?(?:be|keep|speak|stay|don't|do not|never|avoid|slow|talk|sound|use|try|stop|no more|focus|remember to be)\b",
    re.I,
)


@dataclass(frozen=True)
class Heed:
    """What a note asks for: words to say, a question to put, a fact to know, or the end."""

    say: str = ""
    asks: tuple[Ask, ...] = ()
    fact: str = ""
    wraps_up: bool = False


def heed(note: str) -> Heed:
    """Understand one note. Notes about manner change nothing that this engine could do."""
    text = note.strip().rstrip(".")[:600]
    if not text:
        return Heed()
    if _WRAP.search(text) and len(text.split()) <= 12:
        return Heed(wraps_up=True)
    done = _DO.match(text)
    if done is None:
        return Heed() if _MANNER.match(text) else Heed(fact=spoken.as_fact(text))
    verb, rest = done["verb"].lower(), done["rest"].strip()
    if verb in ("ask", "collect", "get", "find out", "confirm"):
        whom = re.sub(rf"^(?:them|him|her|the {spoken.PERSON})\s+", "", rest, flags=re.I)
        return Heed(asks=tuple(questions(whom, verb=verb)))
    if verb == "offer":
        what = spoken.to_caller(re.sub(rf"^(?:them|him|her|the {spoken.PERSON})\s+", "", rest, flags=re.I))
        said = spoken.sentence(
            spoken.aloud(f"I can {what[3:]}" if what.startswith("to ") else f"I can offer you {what}")
        )
        return Heed(say=said, fact=said)
    if verb.startswith("apologi"):
        for_what = re.match(r"\s*(?:to \w+ )?for (.+)", rest)
        return Heed(
            say=spoken.sentence(spoken.aloud(f"I apologize for {spoken.to_caller(for_what[1])}"))
            if for_what
            else "I'm sorry about that."
        )
    if verb == "thank":
        for_what = re.match(r"(?:\w+ ){0,2}?for (.+)", rest)
        return Heed(
            say=spoken.sentence(spoken.aloud(f"Thank you for {spoken.to_caller(for_what[1])}"))
            if for_what
            else "Thank you."
        )
    quoted = re.search(r"[\"\u201c]([^\"\u201d]{2,400})[\"\u201d]", rest)
    if quoted:
        return Heed(say=spoken.sentence(spoken.aloud(quoted[1])))
    told = re.sub(
        rf"^(?:to )?(?:them|him|her|the {spoken.PERSON}|{spoken.PERSON}s)\b\s*(?:know\b)?\s*",
        "",
        rest.lstrip(": "),
        flags=re.I,
    )
    told = re.sub(r"^(?:that|about|:)\s*", "", told, flags=re.I)
    said = spoken.sentence(spoken.aloud(spoken.to_caller(told)))
    return Heed(say=said, fact=said)
