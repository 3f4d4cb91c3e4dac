from __future__ import annotations

import pytest

from calls.telephony.hearing import Hearing
from calls.tests.gateway.desk import sound

SILENCE = bytes(320)


@pytest.fixture
def hearing() -> Hearing:
    return Hearing(8000)


def test_numbers_frames_from_the_answer(hearing):
    hearing.hear(sound(1))
    assert hearing.advance(1) == [sound(1)]
    hearing.hear(sound(2))
    assert hearing.advance(2) == [sound(2)]

    assert hearing.take() == (0, sound(1) + sound(2))
    assert hearing.take() is None


def test_jitter_moves_nothing(hearing):
    placed: list[bytes] = []
    for tick, arriving in enumerate([1, 0, 0, 3, 1, 0, 2], start=1):
        for _ in range(arriving):
            hearing.hear(sound(10 + len(placed) + len(hearing._waiting)))
        placed += hearing.advance(tick)

    assert placed == [sound(10 + n) for n in range(7)]


def test_what_does_not_come_is_silence(hearing):
    placed = [frame for tick in range(1, 11) for frame in hearing.advance(tick)]

    assert placed == [SILENCE] * 5
    assert hearing.count == 5


def test_a_fast_clock_loses_its_surplus(hearing):
    for tick in range(1, 101):
        hearing.hear(sound(tick))
        hearing.hear(sound(tick))
        hearing.advance(tick)

    assert hearing.count == 102


def test_after_the_holders_own_lateness_the_frames_may_still_come(hearing):
    hearing.be_patient(20)
    assert hearing.advance(21) == []

    for n in range(21):
        hearing.hear(sound(n))

    assert hearing.advance(22) == [sound(n) for n in range(21)]


def test_replays_what_is_kept_at_six_times_the_pace(hearing):
    for tick in range(1, 101):
        hearing.hear(sound(tick - 1))
        hearing.advance(tick)
        hearing.take()

    assert hearing.rewind(80) == 80

    replayed = []
    for tick in range(101, 106):
        hearing.hear(sound(tick - 1))
        hearing.advance(tick)
        replayed.append(hearing.take())
    assert [(first, len(pcm) // 320) for first, pcm in replayed] == [(80, 6), (86, 6), (92, 6), (98, 6), (104, 1)]
    assert b"".join(pcm for _, pcm in replayed) == b"".join(sound(n) for n in range(80, 105))


def test_keeps_ten_seconds(hearing):
    for tick in range(1, 701):
        hearing.hear(sound(tick))
        hearing.advance(tick)

    assert hearing.rewind(0) == 200
    assert hearing.take() == (200, sound(201, 6))
