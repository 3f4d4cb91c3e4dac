"""Holes in speech are told from the pauses that a voice makes."""

from __future__ import annotations

import numpy as np
import pytest

from ops.listening import Heard

RATE = 16_000


def voice(ms: int) -> np.ndarray:
    return (8_000 * np.sin(np.arange(RATE * ms // 1000) / 7) + 1).astype(np.int16)


@pytest.mark.parametrize(
    ("silent_ms", "late_samples", "holes"),
    [(245, 0, []), (250, 37, []), (100, 11, []), (200, 0, [200]), (270, 0, [270])],
)
def test_a_pause_between_sentences_is_no_hole(silent_ms: int, late_samples: int, holes: list[int]) -> None:
    silence = np.zeros(RATE * silent_ms // 1000, np.int16)
    before = np.zeros(RATE, np.int16)
    agent = np.concatenate([before, voice(1000), voice(20)[:late_samples], silence, voice(1000)])

    assert Heard(caller=np.zeros_like(agent), agent=agent, rate=RATE).holes_ms() == holes
