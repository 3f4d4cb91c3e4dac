"""How the caller felt, by VADER over the caller's own words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

# VADER's authors call a compound score beyond these positive or negative. A call has many courtesies ("thanks",
# "please"), so one alone must not make it positive.
POSITIVE = 0.15
NEGATIVE = -0.15


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def sentiment(utterances: Sequence[str]) -> str:
    """`positive`, `neutral` or `negative`. The later half of what was said counts twice: it is how the call left them."""
    scores = [float(_analyzer().polarity_scores(text)["compound"]) for text in utterances if text.strip()]
    if not scores:
        return "neutral"
    weights = [1 if place < len(scores) / 2 else 2 for place in range(len(scores))]
    mean = sum(score * weight for score, weight in zip(scores, weights, strict=True)) / sum(weights)
    if mean >= POSITIVE:
        return "positive"
    return "negative" if mean <= NEGATIVE else "neutral"
