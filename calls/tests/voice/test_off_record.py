"""Who pauses a recording, and after which words it goes on."""

from __future__ import annotations

import pytest

from calls.tests.voice.stage import Record
from calls.voice.off_record import OffRecord, Recording


class Told:
    def __init__(self, *, is_off: bool = False, is_paused: bool = False) -> None:
        self.record = Record()
        self.off = OffRecord(self.record, is_on=is_off)
        self.holder: list[bool] = []
        self.recording = Recording(self.off, tell=self.holder.append, now_ms=lambda: 1000, is_paused=is_paused)


@pytest.fixture
def told() -> Told:
    return Told()


def test_the_agents_pause_lasts_until_its_words_are_said(told: Told) -> None:
    told.recording.pause()
    told.recording.said("What is your card number?")
    told.recording.resume(after="Thank you. And  your name?")
    told.recording.said("Thank you.")
    assert told.holder == [True]

    told.recording.said("And your name?")

    assert told.holder == [True, False]
    assert told.record.heeded == [("recording_paused", ""), ("recording_resumed", "")]


def test_words_that_nobody_heard_end_no_pause(told: Told) -> None:
    told.recording.pause()
    told.recording.resume(after="Thank you.")
    told.recording.said("")

    assert told.holder == [True]


def test_a_mark_without_words_counts_at_once(told: Told) -> None:
    told.recording.pause()
    told.recording.resume(after=" ")

    assert told.holder == [True, False]


@pytest.mark.parametrize("is_off", [True, False])
def test_what_somebody_else_decided_stays(is_off: bool) -> None:
    told = Told(is_off=is_off)

    told.recording.resume(after="")
    if is_off:
        told.recording.pause()
        told.recording.resume(after="")

    assert told.holder == []


def test_a_pause_that_somebody_else_makes_theirs_is_not_the_agents_to_end(told: Told) -> None:
    told.recording.pause()
    told.recording.was_turned(is_off=True)
    told.recording.resume(after="")
    assert told.off.is_on

    told.recording.was_turned(is_off=False)

    assert not told.off.is_on
    assert told.holder == [True, False]


def test_a_pause_that_comes_while_the_agent_goes_on_outlasts_it(told: Told) -> None:
    told.recording.pause()
    told.recording.resume(after="")
    told.recording.was_turned(is_off=True)
    told.recording.resume(after="")

    assert told.off.is_on
    assert told.holder == [True, False, True]
    assert [kind for kind, _ in told.record.heeded] == ["recording_paused", "recording_resumed", "recording_paused"]


def test_an_objection_is_heard_in_a_pause_and_outlasts_whoever_goes_on(told: Told) -> None:
    told.recording.was_turned(is_off=True)
    assert told.recording.may_be_objected_to

    told.recording.end()
    told.recording.was_turned(is_off=False)

    assert told.off.is_on
    assert told.holder == [True, True]


def test_another_workers_agent_goes_on_with_what_it_paused() -> None:
    told = Told(is_off=True, is_paused=True)

    told.recording.resume(after="")

    assert told.holder == [False]


def test_an_objection_is_the_last_word(told: Told) -> None:
    told.recording.pause()
    assert told.recording.may_be_objected_to

    told.recording.end()
    told.recording.resume(after="")

    assert not told.recording.may_be_objected_to
    assert told.holder == [True]
