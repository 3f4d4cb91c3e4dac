from __future__ import annotations

import numpy as np

from calls.analysis.latency import HeardLatency, Span, heard_latency, reply_gaps, speech_spans

RATE = 8000


def _channel(seconds: float, *, spoken: list[tuple[float, float]], noise: float = 3.0) -> np.ndarray:
    """Line noise with a voice-like tone in the given spans (seconds)."""
    rng = np.random.default_rng(7)
    samples = rng.normal(0, noise, int(seconds * RATE))
    for start, end in spoken:
        at = np.arange(int(start * RATE), int(end * RATE))
        samples[at] += 6000 * np.sin(2 * np.pi * 180 * at / RATE)
    return samples.astype(np.int16)


def test_finds_where_somebody_speaks():
    spans = speech_spans(_channel(4, spoken=[(0.5, 1.5), (2.5, 3.0)]), rate=RATE)

    assert spans == [Span(500, 1500), Span(2500, 3000)]


def test_a_pause_within_a_sentence_does_not_end_it():
    assert speech_spans(_channel(3, spoken=[(0.5, 1.0), (1.2, 2.0)]), rate=RATE) == [Span(500, 2000)]


def test_a_click_is_not_a_word():
    assert speech_spans(_channel(2, spoken=[(1.0, 1.02)]), rate=RATE) == []


def test_pauses_of_an_operator_are_not_the_agent_s():
    caller = _channel(20, spoken=[(1, 2), (5, 6), (11, 12)])
    agent = _channel(20, spoken=[(0, 0.5), (2.8, 4), (9.5, 10.5), (13.0, 14)], noise=0)

    latency = heard_latency(caller=caller, agent=agent, rate=RATE, operator=[Span(9600, 10400)])

    assert latency == HeardLatency(p50_ms=900, p95_ms=990, turns=2)


def test_measures_from_the_callers_last_sound_to_the_agents_first():
    caller = _channel(12, spoken=[(1, 2), (5, 6)])
    agent = _channel(12, spoken=[(0, 0.5), (2.8, 4), (7.0, 9)], noise=0)

    assert heard_latency(caller=caller, agent=agent, rate=RATE) == HeardLatency(p50_ms=900, p95_ms=990, turns=2)


def test_what_the_agent_says_unasked_is_no_reply():
    assert reply_gaps([Span(1000, 2000)], [Span(2500, 3000), Span(6000, 7000)]) == [500]


def test_speaking_over_the_caller_is_no_reply():
    assert reply_gaps([Span(1000, 4000)], [Span(2500, 3000)]) == []


def test_an_agent_that_answers_nothing_has_no_latency():
    silence = np.zeros(RATE, dtype=np.int16)

    assert heard_latency(caller=silence, agent=silence, rate=RATE) is None
    assert heard_latency(caller=silence[:0], agent=silence[:0], rate=RATE) is None
