"""Finds the fact a caller asks about: words, what kind of thing is asked, how words sound, and what sentences mean."""

from __future__ import annotations

import math
import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calls.voice.providers.house import words
from calls.voice.providers.house.embeddings import Embedder, Vectors

# A misheard word may differ in this share of its sound.
_SOUND_SLACK = 0.25
_SURE_ENOUGH = 0.68
# A longer word with one wrong letter is that word, however that letter sounds.
_ONE_SLIP = 0.17
_K1, _B = 1.2, 0.4
_ENOUGH, _MEANS_IT = 0.5, 0.42
_LIGHT = 0.3
_FEWEST = 12
# These only name the kind of thing asked for: "close" in "When do you close on Friday?" must not find "Monday: closed".
_KINDS = frozenset(words.canonical(word) for word in ("price", "open", "close", "take"))
# A list is the answer to a question for all of it, hardly to one for one of its items.
_LIST_PENALTY, _LIST_BONUS = 0.15, 0.1


@dataclass(frozen=True)
class Found:
    """A document by its place, how sure it is (0..1 and a little more), and what made it so."""

    index: int
    score: float
    coverage: float
    concept: float
    meaning: float
    recall: float
    has_topic: bool

    @property
    def answers(self) -> bool:
        """Whether this truly answers the question, rather than merely being the least unlike it."""
        if not self.has_topic:
            return self.concept > 0
        if self.coverage < 0.2:
            return self.meaning >= _MEANS_IT
        return self.coverage + 0.9 * max(0.0, self.meaning) + 0.25 * self.concept >= _ENOUGH


@dataclass(frozen=True)
class _Document:
    counts: Counter[str]
    length: int
    concepts: frozenset[str]
    heading: frozenset[str] = frozenset()


class Index:
    """A few hundred sentences to search in. Immutable but for the embeddings, which are made when first needed."""

    def __init__(self, texts: Sequence[tuple[str, str]], *, lists: Mapping[int, str] | None = None) -> None:
        """`texts`: what each document says, and the words it is found by; `lists`: the headings of those that are lists."""
        self._texts = [said for said, _ in texts]
        headings = lists or {}
        self._documents = [_document(said, search, headings.get(i)) for i, (said, search) in enumerate(texts)]
        self._mean_length = sum(d.length for d in self._documents) / max(1, len(self._documents))
        frequency: Counter[str] = Counter()
        for document in self._documents:
            frequency.update(document.counts.keys())
        # In a handful of sentences every word is frequent: count as if there were a dozen.
        total = max(_FEWEST, len(self._documents))
        self._idf = {term: math.log(1 + (total - n + 0.5) / (n + 0.5)) for term, n in frequency.items()}
        self._idf_unknown = math.log(1 + (total + 0.5) / 0.5)
        self._vocabulary: dict[str, set[str]] = {}
        self._by_pair: dict[str, set[str]] = {}
        self._words: dict[str, str] = {}
        for text in (search for _, search in texts):
            for word in dict.fromkeys(words.tokens(text)):
                if len(word) >= 3 and not words.is_stop(word):
                    for known in (word, words.stem(word), *words.siblings(word)):
                        self._learn(known, words.canonical(word))
        for word in words.QUESTION_WORDS:
            self._learn(word, words.canonical(word))
        self._vectors: Vectors | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._documents)

    def _learn(self, word: str, term: str) -> None:
        self._words.setdefault(word, term)
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
        weighed, corrected = self._terms(query)
        wanted = words.concepts_asked(query) | words.concepts_asked(corrected)
        kinds = words.concept_words(f"{query} {corrected}") if wanted else set()
        topic = {
            term: weight
            for term, weight in weighed.items()
            if term not in kinds or (term in self._idf and term not in _KINDS)
        }
        # With nothing named but a kind of thing ("Where are you?"), what the prompt says first of it is the answer.
        weighed = topic if topic or wanted else weighed
        meaning = self._meaning(query, embedder) if weighed else None
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
            if document.heading:
                score += _LIST_BONUS if weighed.keys() <= document.heading else -_LIST_PENALTY
            recall = sum(term in weighed for term in document.counts) / max(1, len(document.counts))
            found.append(Found(i, score, coverage, concept, near, recall, bool(weighed)))
        found.sort(key=lambda f: (-f.score, f.index))
        return found[:top]

    def _weight(self, term: str) -> float:
        return self._idf.get(term, self._idf_unknown)

    def _terms(self, query: str) -> tuple[dict[str, float], str]:
        """The query's topic words, each with how surely it was said, and the query with misheard words put right."""
        spoken = words.tokens(query)[:60]
        put: dict[int, str] = {}
        weighed: dict[str, float] = {}
        taken: set[int] = set()
        for start in range(len(spoken) - 1):
            joined = spoken[start] + spoken[start + 1]
            # "bed rooms" is one word that is known here.
            if start not in taken and len(joined) >= 5 and joined in self._words:
                weighed[self._words[joined]] = 1.0
                put[start] = joined
                taken.update((start, start + 1))
        for i, word in enumerate(spoken):
            term = words.canonical(word)
            if i not in taken and not words.is_stop(word) and term in self._idf:
                weighed[term] = 1.0
                taken.add(i)
        cut = self._cut_off(spoken[-1]) if spoken and len(spoken) - 1 not in taken else ""
        if cut:
            put[len(spoken) - 1] = cut
            taken.add(len(spoken) - 1)
            if not words.is_stop(cut):
                weighed[self._words[cut]] = 0.8
        for weight, start, size, known in self._misheard(spoken, taken):
            place = range(start, start + size)
            if any(i in taken for i in place):
                continue
            taken.update(place)
            put[start] = known
            put.update(dict.fromkeys(place[1:], ""))
            if not words.is_stop(known):
                term = self._words[known]
                weighed[term] = max(weight, weighed.get(term, 0.0))
        for i, word in enumerate(spoken):
            little = "" if i in taken or words.is_stop(word) or words.is_light(word) else words.little_word(word)
            if little:
                put[i] = little
            elif i not in taken and not words.is_stop(word):
                weighed.setdefault(words.canonical(word), _LIGHT if words.is_light(word) else 1.0)
        return weighed, " ".join(put.get(i, word) for i, word in enumerate(spoken))

    def _cut_off(self, word: str) -> str:
        """The known word of which an utterance's last word is the beginning: the line or the STT stopped there."""
        if len(word) < 3 or words.is_stop(word) or words.is_light(word) or word in self._words:
            return ""
        begun = [known for known in self._words if known.startswith(word)]
        return min(begun, key=lambda known: (len(known), known), default="")

    def _misheard(self, spoken: list[str], taken: set[int]) -> list[tuple[float, int, int, str]]:
        """Words and runs of words that sound like a known one, the surest first."""
        found = []
        for size in (1, 2, 3):
            for start in range(len(spoken) - size + 1):
                chunk = spoken[start : start + size]
                if any(start + i in taken for i in range(size)) or (
                    size == 1 and (words.is_stop(chunk[0]) or words.is_light(chunk[0]))
                ):
                    continue
                # Runs of little words are grammar, not a word cut to pieces.
                if size > 1 and all(words.is_stop(word) for word in chunk):
                    continue
                near = self._sounds_like("".join(chunk).replace("'", ""), joined=size > 1)
                if near is not None:
                    found.append((near[1], start, size, near[0]))
        return sorted(found, key=lambda f: (-f[0], -f[2], f[1]))

    def _sounds_like(self, word: str, *, joined: bool) -> tuple[str, float] | None:
        """The known word that a heard one may stand for, and how surely."""
        if not 3 <= len(word) <= 24 or word.isdigit() or (joined and len(word) < 6):
            return None
        key = words.sound(word)
        shared: Counter[str] = Counter()
        for pair in words.pairs(key):
            shared.update(self._by_pair.get(pair, ()))
        best: tuple[float, str] | None = None
        # Ties in a set's order would make the answer differ from process to process.
        for candidate, count in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:16]:
            longest = max(len(candidate), len(key))
            limit = int(longest * _SOUND_SLACK)
            away = words.distance(candidate, key, limit + 1)
            if count < 2 or away > limit + 1 or (len(word) < 4 and away):
                continue
            for known in sorted(self._vocabulary[candidate]):
                letters = words.distance(known, word, len(word)) / max(len(known), len(word))
                if letters > (0.5 if away == 0 else 0.4 if away <= limit else _ONE_SLIP):
                    continue
                sure = 1 - 0.5 * away / longest - 0.5 * letters
                if best is None or sure > best[0]:
                    best = (sure, known)
        return None if best is None or best[0] < _SURE_ENOUGH else (best[1], best[0])

    def _meaning(self, query: str, embedder: Embedder | None) -> list[float] | None:
        if embedder is None:
            return None
        with self._lock:
            if self._vectors is None:
                self._vectors = embedder.embed(self._texts)
        similarity = self._vectors @ embedder.embed([query[:400]])[0]
        return [float(x) for x in similarity]


def _document(said: str, search: str, heading: str | None) -> _Document:
    counts = Counter(words.terms(search))
    for term in words.terms(said):
        counts.setdefault(term, 1)
    concepts = frozenset(words.concepts_given(re.sub(r"\s+", " ", f"{said} {search}")))
    return _Document(
        counts,
        sum(counts.values()),
        concepts,
        frozenset(words.terms(heading)) | {"#"} if heading is not None else frozenset(),
    )
