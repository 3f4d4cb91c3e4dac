"""Finds the fact a caller asks about: words, what kind of thing is asked, how words sound, and what sentences mean."""

from __future__ import annotations

import math
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from calls.voice.providers.house import words
from calls.voice.providers.house.embeddings import Embedder, Vectors

# A misheard word may differ in this share of its sound.
_SOUND_SLACK = 0.25
_K1, _B = 1.2, 0.4


@dataclass(frozen=True)
class Found:
    """A document by its place, how sure it is (0..1 and a little more), and what made it so."""

    index: int
    score: float
    coverage: float
    concept: float
    meaning: float


@dataclass(frozen=True)
class _Document:
    counts: Counter[str]
    length: int
    concepts: frozenset[str]


class Index:
    """A few hundred sentences to search in. Immutable but for the embeddings, which are made when first needed."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        """`texts`: what each document says, and the words it is found by."""
        self._texts = [said for said, _ in texts]
        self._documents = [_document(said, search) for said, search in texts]
        self._mean_length = sum(d.length for d in self._documents) / max(1, len(self._documents))
        frequency: Counter[str] = Counter()
        for document in self._documents:
            frequency.update(document.counts.keys())
        total = len(self._documents)
        self._idf = {term: math.log(1 + (total - n + 0.5) / (n + 0.5)) for term, n in frequency.items()}
        self._idf_unknown = math.log(1 + (total + 0.5) / 0.5) if total else 1.0
        self._vocabulary: dict[str, set[str]] = {}
        self._by_pair: dict[str, set[str]] = {}
        for text in (search for _, search in texts):
            for word in words.tokens(text):
                if len(word) >= 4 and not words.is_stop(word):
                    self._learn(word)
        self._vectors: Vectors | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._documents)

    def _learn(self, word: str) -> None:
        key = words.sound(word)
        if key not in self._vocabulary:
            self._vocabulary[key] = set()
            for pair in words.pairs(key):
                self._by_pair.setdefault(pair, set()).add(key)
        self._vocabulary[key].add(word)

    def search(self, query: str, embedder: Embedder | None = None, *, top: int = 3) -> list[Found]:
        """The best documents for a question, best first."""
        if not self._documents:
            return []
        weighed = self._terms(query)
        wanted = words.concepts_asked(query)
        meaning = self._meaning(query, embedder)
        full = sum(self._weight(term) * weight for term, weight in weighed.items()) or 1.0
        found = []
        for i, document in enumerate(self._documents):
            matched = bm25 = 0.0
            for term, weight in weighed.items():
                count = document.counts.get(term, 0)
                if count:
                    part = self._weight(term) * weight
                    matched += part
                    bm25 += (
                        part * count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * document.length / self._mean_length))
                    )
            coverage = matched / full if weighed else 0.0
            concept = len(wanted & document.concepts) / len(wanted) if wanted else 0.0
            near = meaning[i] if meaning is not None else 0.0
            score = 0.45 * coverage + 0.10 * bm25 / full + 0.25 * concept + 0.5 * max(0.0, near)
            found.append(Found(i, score, coverage, concept, near))
        found.sort(key=lambda f: (-f.score, f.index))
        return found[:top]

    def _weight(self, term: str) -> float:
        return self._idf.get(term, self._idf_unknown)

    def _terms(self, query: str) -> dict[str, float]:
        """The query's topic words, each with how surely it was said. Words that nobody here knows are tried by sound."""
        spoken = words.tokens(query)[:60]
        weighed: dict[str, float] = {}
        taken: set[int] = set()
        for size in (1, 2, 3):
            for start in range(len(spoken) - size + 1):
                place = range(start, start + size)
                if any(i in taken for i in place):
                    continue
                chunk = spoken[start : start + size]
                if size == 1:
                    term = words.canonical(chunk[0])
                    if words.is_stop(chunk[0]):
                        continue
                    if term in self._idf:
                        weighed[term] = 1.0
                        taken.add(start)
                        continue
                elif all(words.is_stop(w) for w in chunk) and size == 2:
                    continue
                near = self._sounds_like("".join(chunk).replace("'", ""), joined=size > 1)
                if near is not None:
                    term, weight = near
                    weighed[term] = max(weight, weighed.get(term, 0.0))
                    taken.update(place)
        for i, word in enumerate(spoken):
            if i not in taken and not words.is_stop(word):
                weighed.setdefault(words.canonical(word), 1.0)
        return weighed

    def _sounds_like(self, word: str, *, joined: bool) -> tuple[str, float] | None:
        if len(word) < 4 or word.isdigit() or len(word) > 24:
            return None
        key = words.sound(word)
        pairs = words.pairs(key)
        shared: Counter[str] = Counter()
        for pair in pairs:
            shared.update(self._by_pair.get(pair, ()))
        best: tuple[float, str] | None = None
        for candidate, count in shared.most_common(12):
            if count < 2:
                break
            longest = max(len(candidate), len(key))
            limit = int(longest * _SOUND_SLACK)
            if joined and longest < 5:
                continue
            away = words.distance(candidate, key, max(limit, 0))
            if away > limit:
                continue
            for known in sorted(self._vocabulary[candidate]):
                letters = words.distance(known, word, len(word)) / max(len(known), len(word))
                if letters > (0.34 if joined else 0.4):
                    continue
                sure = 1 - 0.5 * away / longest - 0.5 * letters
                if best is None or sure > best[0]:
                    best = (sure, known)
        return None if best is None or best[0] < 0.68 else (words.canonical(best[1]), best[0])

    def _meaning(self, query: str, embedder: Embedder | None) -> list[float] | None:
        if embedder is None:
            return None
        with self._lock:
            if self._vectors is None:
                self._vectors = embedder.embed(self._texts)
        similarity = self._vectors @ embedder.embed([query[:400]])[0]
        return [float(x) for x in similarity]


def _document(said: str, search: str) -> _Document:
    counts = Counter(words.terms(f"{search}"))
    both = f"{said} {search}"
    for term in words.terms(said):
        counts.setdefault(term, 1)
    return _Document(counts, sum(counts.values()), frozenset(words.concepts_given(re.sub(r"\s+", " ", both))))
