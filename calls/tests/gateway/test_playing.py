from __future__ import annotations

import pytest

from calls.telephony.playing import Mark, PlayQueue
from calls.tests.gateway.desk import sound


@pytest.fixture
def queue() -> PlayQueue:
    return PlayQueue(8000)


def play(queue: PlayQueue, frames: int, *, first: int = 0) -> list[bytes | None]:
    return [queue.next(first + n) for n in range(frames)]


def test_plays_frame_by_frame_and_utterance_by_utterance(queue):
    queue.put(utterance=1, pcm=sound(1, 2), is_last=True)
    queue.put(utterance=2, pcm=sound(11, 1), is_last=True)

    assert play(queue, 4) == [sound(1), sound(2), sound(11), None]
    assert list(queue.marks()) == [Mark(1, 20, 1, False), Mark(1, 40, 2, True), Mark(2, 20, 3, True)]


def test_a_part_of_a_frame_is_filled_up(queue):
    queue.put(utterance=1, pcm=sound(1)[:100], is_last=True)

    assert play(queue, 2) == [sound(1)[:100] + bytes(220), None]


def test_marks_the_start_and_then_every_200_ms(queue):
    queue.put(utterance=1, pcm=sound(0, 25), is_last=True)

    play(queue, 25)

    assert [(mark.played_ms, mark.is_over) for mark in queue.marks()] == [
        (20, False),
        (200, False),
        (400, False),
        (500, True),
    ]


def test_speech_that_is_still_being_made_is_waited_for(queue):
    queue.put(utterance=1, pcm=sound(1), is_last=False)

    assert play(queue, 2) == [sound(1), None]
    queue.put(utterance=1, pcm=sound(2), is_last=False)
    assert play(queue, 1, first=2) == [sound(2)]
    queue.put(utterance=1, pcm=b"", is_last=True)
    assert play(queue, 1, first=3) == [None]

    assert list(queue.marks()) == [Mark(1, 20, 1, False), Mark(1, 40, 3, False), Mark(1, 40, 3, True)]


def test_a_torso_is_over_when_the_next_begins(queue):
    queue.put(utterance=1, pcm=sound(1), is_last=False)
    play(queue, 2)
    queue.put(utterance=2, pcm=sound(2), is_last=False)

    assert play(queue, 1, first=2) == [sound(2)]
    queue.put(utterance=1, pcm=sound(3), is_last=True)
    assert play(queue, 1, first=3) == [None]


def test_what_was_caught_on_its_way_was_not_heard(queue):
    queue.put(utterance=1, pcm=sound(1, 10), is_last=True)
    play(queue, 5)
    list(queue.marks())

    queue.flush(5, unheard=2)
    queue.flush(5, unheard=9)

    assert list(queue.marks()) == [Mark(1, 60, 5, True), Mark(1, 60, 5, True)]


def test_flushed_speech_is_never_played(queue):
    queue.put(utterance=1, pcm=sound(1, 10), is_last=True)
    queue.put(utterance=2, pcm=sound(50, 10), is_last=False)
    play(queue, 3)
    list(queue.marks())

    queue.flush(3)
    queue.put(utterance=2, pcm=sound(60, 10), is_last=True)

    assert queue.is_silent
    assert play(queue, 1, first=3) == [None]
    assert list(queue.marks()) == [Mark(1, 60, 3, True), Mark(2, 0, 3, True)]


def test_a_flush_after_the_end_says_how_much_was_heard(queue):
    queue.put(utterance=1, pcm=sound(1, 2), is_last=True)
    play(queue, 2)
    list(queue.marks())

    queue.flush(40)

    assert list(queue.marks()) == [Mark(1, 40, 40, True)]


def test_a_flush_before_all_speech_says_nothing(queue):
    queue.flush(0)

    assert list(queue.marks()) == []


def test_own_words_wait_their_turn_and_leave_no_mark(queue):
    queue.put(utterance=1, pcm=sound(1), is_last=True)
    queue.put_own(sound(90))

    assert play(queue, 3) == [sound(1), sound(90), None]
    assert list(queue.marks()) == [Mark(1, 20, 1, True)]


def test_tells_how_far_it_is(queue):
    assert (queue.utterance, queue.played_ms, queue.queued_ms, queue.is_whole) == (0, 0, 0, True)

    queue.put(utterance=4, pcm=sound(1, 5), is_last=False)
    play(queue, 2)

    assert (queue.utterance, queue.played_ms, queue.queued_ms, queue.is_whole) == (4, 40, 60, False)
