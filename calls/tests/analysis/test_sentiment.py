from __future__ import annotations

import pytest

from calls.analysis.sentiment import sentiment


@pytest.mark.parametrize(
    ("utterances", "expected"),
    [
        ([], "neutral"),
        (["", "  "], "neutral"),
        (["How much is a cleaning?", "And where are you?"], "neutral"),
        (["I want to book a cleaning.", "That is wonderful, thank you so much!"], "positive"),
        (["I have waited for two hours.", "This is terrible service and I am very angry."], "negative"),
        (["This is awful, nobody called me back.", "Oh great, that helps a lot.", "Perfect, thank you!"], "positive"),
    ],
)
def test_the_callers_words_decide(utterances, expected):
    assert sentiment(utterances) == expected
