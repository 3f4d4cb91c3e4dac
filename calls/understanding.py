"""What the embedded reply engine understood of an agent's prompt, for its owner to check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from calls.voice.providers.house import House, Persona
from calls.voice.providers.house.prompt import Fact, read_prompt

Kind = Literal["price", "hours", "place", "contact", "list", "other"]

# The first that fits what is said, or the prompt's words for it.
_KINDS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("price", re.compile(r"[$€£]\s?\d|\b(?:dollars?|euros?|pounds?|cents?|free of charge|costs?|prices?)\b", re.I)),
    (
        "hours",
        re.compile(
            r"\b(?:hours|open(?:s|ed)?|clos(?:e|es|ed)|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekdays?|weekends?|"
            r"\d{1,2}(?::\d\d)? ?[ap]\.?m)\b",
            re.I,
        ),
    ),
    ("contact", re.compile(r"\b(?:e-?mail|phone|website|web site|call us)\b|@|\+?\d[\d -]{7,}", re.I)),
    ("place", re.compile(r"\b(?:address|located|street|avenue|road|floor|parking|we are in|find us)\b", re.I)),
)


@dataclass(frozen=True)
class KnownFact:
    """Something the agent will say when it is asked about it."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Question:
    """Something the agent will ask; `when` says what must have come up first, and is empty where it always asks."""

    text: str
    answer: str
    when: str


@dataclass(frozen=True)
class KnownRule:
    when: str
    say: str


@dataclass(frozen=True)
class Understanding:
    """A prompt as the engine reads it. What is missing here the agent does not know, and says so when asked."""

    name: str
    role: str
    company: str
    # Why it calls; only where it leads the conversation.
    purpose: str
    leads: bool
    first_message: str
    goodbye: str
    voicemail_message: str
    # What it says when it does not know; empty: its own words.
    unknown: str
    facts: tuple[KnownFact, ...]
    questions: tuple[Question, ...]
    rules: tuple[KnownRule, ...]
    # What it says of its own accord, and what it must not do.
    tells: tuple[str, ...]
    never: tuple[str, ...]
    # Sentences of the prompt that nothing of this came from. A language model heeds them all the same.
    unused: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the engine found nothing to say, ask or heed."""
        return not (self.facts or self.questions or self.rules or self.tells)


def understand(
    *, prompt: str, name: str = "", language: str = "en-US", first_message: str | None = None
) -> Understanding:
    """Read a prompt as a call would. Takes milliseconds; any text will do."""
    brief = read_prompt(prompt)
    house = House(Persona(prompt=prompt, agent_name=name, language=language, first_message=first_message))
    return Understanding(
        name=brief.name,
        role=brief.role,
        company=brief.company,
        purpose=brief.purpose if brief.leads else "",
        leads=brief.leads,
        first_message=house.first_message(),
        goodbye=house.goodbye(),
        voicemail_message=house.voicemail_message(),
        unknown=brief.unknown,
        facts=tuple(KnownFact(_kind_of(fact), fact.text) for fact in brief.facts),
        questions=tuple(Question(ask.question, ask.kind, ask.when.rstrip(".")) for ask in brief.asks),
        rules=tuple(KnownRule(rule.when.rstrip("."), rule.say) for rule in brief.rules),
        tells=brief.tells,
        never=tuple(limit.rstrip(".") for limit in brief.limits),
        unused=brief.unused,
    )


def _kind_of(fact: Fact) -> Kind:
    if fact.list_of:
        return "list"
    for text in (fact.text, fact.search):
        for kind, pattern in _KINDS:
            if pattern.search(text):
                return kind
    return "other"
