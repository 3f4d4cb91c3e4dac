"""How often the fact that was asked for is the fact that is told, on clean text and on what STT makes of it."""

from __future__ import annotations

import random

import pytest

from calls.tests.house.personas import HELD_OUT, SEEN, Case
from calls.voice.providers.house import Embedder, House, Message, Persona

# STT loses a short word, the head or tail of an utterance, the question mark; it swaps sounds that a telephone blurs.
_BLURRED = {"b": "p", "d": "t", "g": "k", "f": "s", "m": "n", "v": "f", "z": "s", "t": "d", "n": "m"}


def answered_right(case: Case, heard: str, expected: str | None, embedder: Embedder | None) -> bool:
    engine = House(Persona(case.prompt), embedder=embedder)
    history = [
        Message("agent", engine.first_message()),
        Message("user", "Hello"),
        Message("agent", "How can I help?"),
        Message("user", heard),
    ]
    reply = engine.reply(history)
    if expected is None:
        return reply.kind not in ("answer", "goodbye")
    return expected.lower() in reply.text.lower()


def share(cases: list[tuple[Case, str, str | None]], embedder: Embedder | None) -> float:
    return sum(answered_right(*case, embedder) for case in cases) / len(cases)


def clean(cases: list[Case]) -> list[tuple[Case, str, str | None]]:
    return [(case, said, expected) for case in cases for said, expected in case.clean]


def written_by_ear(cases: list[Case]) -> list[tuple[Case, str, str | None]]:
    return [(case, said, expected) for case in cases for said, expected in case.heard]


def garbled(cases: list[Case]) -> list[tuple[Case, str, str | None]]:
    """Each question the prompt can answer, damaged in three ways."""
    chance = random.Random(7)
    out: list[tuple[Case, str, str | None]] = []
    for case, said, expected in clean(cases):
        words = said.rstrip("?").lower().split()
        if expected is None or len(words) < 3:
            continue
        longest = max(range(len(words)), key=lambda i: len(words[i]))
        dropped = [w for i, w in enumerate(words) if i == longest or i != chance.randrange(len(words))]
        spots = [i for i, letter in enumerate(words[longest]) if letter in _BLURRED]
        at = chance.choice(spots) if spots else 0
        blurred = words[longest][:at] + _BLURRED.get(words[longest][at], words[longest][at]) + words[longest][at + 1 :]
        out.append((case, " ".join(dropped), expected))
        out.append((case, " ".join([*words[:longest], blurred, *words[longest + 1 :]]), expected))
        out.append((case, " ".join(words)[: -max(1, len(words[-1]) // 3)], expected))
    return out


@pytest.mark.parametrize(("kind", "least"), [("clean", 0.97), ("by_ear", 0.94), ("garbled", 0.91)])
def test_answers_the_agents_it_was_made_with(kind: str, least: float) -> None:
    cases = {"clean": clean, "by_ear": written_by_ear, "garbled": garbled}[kind](SEEN)

    assert share(cases, None) >= least


@pytest.mark.parametrize(("kind", "least"), [("clean", 0.97), ("by_ear", 0.96), ("garbled", 0.91)])
def test_answers_the_agents_it_was_made_with_by_meaning_too(kind: str, least: float, embedder: Embedder) -> None:
    cases = {"clean": clean, "by_ear": written_by_ear, "garbled": garbled}[kind](SEEN)

    assert share(cases, embedder) >= least


@pytest.mark.parametrize(("kind", "least"), [("clean", 0.84), ("by_ear", 0.60), ("garbled", 0.70)])
def test_answers_agents_it_has_never_seen(kind: str, least: float) -> None:
    cases = {"clean": clean, "by_ear": written_by_ear, "garbled": garbled}[kind](HELD_OUT)

    assert share(cases, None) >= least


@pytest.mark.parametrize(("kind", "least"), [("clean", 0.88), ("by_ear", 0.69), ("garbled", 0.74)])
def test_answers_agents_it_has_never_seen_by_meaning_too(kind: str, least: float, embedder: Embedder) -> None:
    cases = {"clean": clean, "by_ear": written_by_ear, "garbled": garbled}[kind](HELD_OUT)

    assert share(cases, embedder) >= least


@pytest.mark.parametrize("case", [*SEEN, *HELD_OUT], ids=lambda case: case.name)
def test_never_answers_what_the_prompt_does_not_hold(case: Case, embedder: Embedder) -> None:
    unknown = [said for said, expected in case.clean if expected is None]

    wrong = [said for said in unknown if not answered_right(case, said, None, embedder)]

    assert wrong == []
