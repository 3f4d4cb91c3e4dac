from __future__ import annotations

from calls.telephony.pacing import Due, Pacer

START = 1000.0


def test_a_punctual_tick_has_one_frame():
    pacer = Pacer(now=START)

    assert [pacer.due(START + n * 0.02) for n in (0, 1, 2, 3)] == [Due(0, 0), Due(0, 1), Due(0, 1), Due(0, 1)]
    assert pacer.due(START + 0.0799) == Due(0, 0)


def test_does_not_drift():
    pacer = Pacer(now=START)

    played = sum(pacer.due(START + n * 0.0213).frames for n in range(10_000))

    assert played == int(9_999 * 0.0213 / 0.02)
    assert pacer.lateness.missed_frames == 0


def test_a_late_tick_is_made_up_for_one_frame_at_a_time():
    pacer = Pacer(now=START)
    pacer.due(START + 0.02)

    dues = [pacer.due(START + 0.1 + n * 0.02) for n in range(5)]

    assert dues == [Due(0, 2), Due(0, 2), Due(0, 2), Due(0, 1), Due(0, 1)]


def test_what_is_too_late_is_missed():
    pacer = Pacer(now=START)

    assert pacer.due(START + 0.5) == Due(missed=24, frames=1)
    assert pacer.due(START + 0.52) == Due(0, 1)
    assert pacer.lateness.missed_frames == 24


def test_remembers_when_it_was_late():
    pacer = Pacer(now=START)
    pacer.due(START + 0.7)

    assert pacer.was_late(by=0.5, since=START)
    assert not pacer.was_late(by=0.7, since=START)
    assert not pacer.was_late(by=0.5, since=START + 0.71)
    assert round(pacer.lateness.worst, 3) == 0.68
