"""What can be looked up of an agent, shared by all its calls in this process."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from calls.voice.providers.house.embeddings import Embedder
from calls.voice.providers.house.prompt import Brief, Fact
from calls.voice.providers.house.retrieval import Found, Index

# So sure of the best fact's answer a newer one may be less: it says the same of the thing in other words.
_NEARLY_AS_SURE: Final = 0.75


@dataclass(frozen=True)
class Knowledge:
    facts: tuple[Fact, ...]
    index: Index
    rules: Index
    sayings: tuple[str, ...]
    limits: Index
    # The facts from here on were learned in the call, from notes and from what an operator said; the newest last.
    learned_from: int

    def answer_to(self, question: str, embedder: Embedder | None) -> Found | None:
        """The fact that answers best. What was learned in the call outranks the prompt, and the newer the older."""
        found = self.index.search(question, embedder, top=len(self.facts))
        answering = [each for each in found if each.answers]
        learned = [
            each
            for each in answering
            if each.index >= self.learned_from and each.score >= found[0].score * _NEARLY_AS_SURE
        ]
        if learned:
            return max(learned, key=lambda each: each.index)
        return found[0] if answering and found[0].answers else None


# What callers say who want what a rule calls by its proper name.
_OTHERWISE = (
    (re.compile(r"\breschedul", re.I), ("change the appointment", "move it", "postpone")),
    (re.compile(r"\bcomplain", re.I), ("not happy", "unhappy", "dissatisfied")),
)  # fmt: skip


def _other_words(when: str) -> tuple[str, ...]:
    return tuple(text for pattern, texts in _OTHERWISE if pattern.search(when) for text in texts)


_known: OrderedDict[tuple[str, tuple[str, ...]], Knowledge] = OrderedDict()
_known_lock = threading.Lock()
_KNOWN_MAX = 64


def knowledge_of(prompt: str, brief: Brief, extra: tuple[str, ...]) -> Knowledge:
    """The searchable side of a prompt, shared by all its calls in this process."""
    key = (prompt, extra)
    with _known_lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    ruled = tuple(Fact(rule.say, f"{rule.when} {rule.say}") for rule in brief.rules if not rule.say.endswith("?"))
    facts = brief.facts + ruled + tuple(Fact(text, text) for text in extra)
    # "If they ask about refunds or returns": each is a reason of its own.
    rules = [
        (when, rule.say)
        for rule in brief.rules
        for when in (*re.split(r"\s+or\s+", rule.when), *_other_words(rule.when))
    ]
    built = Knowledge(
        facts,
        Index(
            [(fact.text, fact.search) for fact in facts],
            lists={i: fact.list_of for i, fact in enumerate(facts) if fact.list_of is not None},
        ),
        Index([(when, when) for when, _ in rules]),
        tuple(say for _, say in rules),
        Index([(limit, limit) for limit in brief.limits]),
        len(facts) - len(extra),
    )
    with _known_lock:
        _known[key] = built
        while len(_known) > _KNOWN_MAX:
            _known.popitem(last=False)
    return built
