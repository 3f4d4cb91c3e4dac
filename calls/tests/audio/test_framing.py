from __future__ import annotations

from calls.audio.framing import Framer, frames_of, silent_frame


def test_a_frame_is_twenty_milliseconds():
    assert len(silent_frame(8000)) == 320
    assert len(silent_frame(16000)) == 640


def test_cuts_odd_pieces_into_whole_frames():
    framer = Framer(8000)

    assert list(framer.push(b"a" * 319)) == []
    assert list(framer.push(b"b" * 322)) == [b"a" * 319 + b"b", b"b" * 320]
    assert framer.flush() == b"b".ljust(320, b"\0")
    assert framer.flush() is None


def test_keeps_what_was_not_consumed():
    framer = Framer(8000)

    first = next(iter(framer.push(b"a" * 320 + b"b" * 320)))

    assert first == b"a" * 320
    assert list(framer.push(b"")) == [b"b" * 320]


def test_forgets_the_rest():
    framer = Framer(8000)
    list(framer.push(b"a" * 100))

    framer.clear()

    assert framer.flush() is None


def test_fills_up_the_last_frame_of_a_whole():
    assert frames_of(b"a" * 330, 8000) == [b"a" * 320, b"a" * 10 + bytes(310)]
    assert frames_of(b"", 8000) == []
