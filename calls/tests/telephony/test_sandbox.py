"""The ten sandbox numbers, ticked by hand: an agent who is a tone, a person whose lines are tones, and no waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import numpy as np
import pytest

from calls.audio.framing import FRAME_SECONDS, TELEPHONE_RATE, frames_of, silent_frame
from calls.audio.levels import dbfs, from_dbfs
from calls.audio.speech_client import SpeechError
from calls.telephony import sandbox
from calls.telephony import sandbox_person as people
from calls.telephony.base import EndedBy, EndReason, LegEnd, LegKind, LegSpec
from calls.telephony.sandbox import SandboxLeg, SandboxVoice

SILENCE = silent_frame(TELEPHONE_RATE)
LINES = ["One.", "Two two.", "Three three three."]


def tone(seconds: float, hertz: float = 300) -> bytes:
    at = np.arange(round(seconds * TELEPHONE_RATE)) / TELEPHONE_RATE
    return (from_dbfs(-20) * 2**0.5 * np.sin(2 * np.pi * hertz * at)).astype("<i2").tobytes()


class FakeSynthesizer:
    """A second of tone a line, and a note of what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.error: Exception | None = None

    async def synthesize(self, text, *, voice, rate, pitch=1.0, ahead=False):
        if self.error is not None:
            raise self.error
        self.asked.append(text)
        assert (rate, ahead) == (TELEPHONE_RATE, True)
        return tone(1.0)


class Call:
    """A leg, what was heard of it, and a clock that moves with each tick."""

    def __init__(self, to_number: str = "+15005550100", *, lines: Iterable[str] = LINES, ring_timeout: float = 45):
        params = {"lines": list(lines)} if lines else {}
        spec = LegSpec("call_1", LegKind.SANDBOX, to_number, "+15005550199", ring_timeout, params=params)
        self.voice = FakeSynthesizer()
        self.log: list[str] = []
        self.end: LegEnd | None = None
        self.rung = 0.0
        self.ticks = 0
        self.loud: list[bool] = []
        self.said: list[str] = []
        self.leg = SandboxLeg(spec, self, synthesizer=self.voice, voice=SandboxVoice(), sleep=self._sleep)
        speak = self.leg._speak

        def noted(text: str) -> bytes | None:
            audio = speak(text)
            if audio is not None:
                self.said.append(text)
            return audio

        self.leg._speak = noted

    async def _sleep(self, seconds: float) -> None:
        self.rung += seconds
        await asyncio.sleep(0)

    def ringing(self) -> None:
        self.log.append("ringing")

    def answered(self) -> None:
        self.log.append("answered")

    def heard(self, frame: bytes) -> None:
        self.loud.append(dbfs(frame) > -40)

    def dtmf(self, digit: str) -> None:
        self.log.append(digit)

    def ended(self, end: LegEnd) -> None:
        self.log.append("ended")
        self.end = end

    @property
    def seconds(self) -> float:
        return self.ticks * FRAME_SECONDS

    @property
    def person_speaks(self) -> bool:
        return bool(self.loud) and self.loud[-1]

    async def dial(self) -> None:
        await self.leg.dial()
        for _ in range(200):
            await asyncio.sleep(0)

    async def tick(self, frame: bytes = SILENCE) -> None:
        self.leg.play(frame)
        self.ticks += 1
        await asyncio.sleep(0)

    async def agent_says(self, seconds: float) -> None:
        for frame in frames_of(tone(seconds, hertz=500), TELEPHONE_RATE):
            await self.tick(frame)

    async def silence(self, seconds: float) -> None:
        for _ in range(round(seconds / FRAME_SECONDS)):
            await self.tick()

    async def until(self, condition: Callable[[], bool], *, within: float) -> None:
        start = self.seconds
        while not condition():
            assert self.seconds - start < within, f"not within {within} s; said {self.said}"
            await self.tick()

    async def person_finishes(self) -> None:
        await self.until(lambda: self.person_speaks, within=3)
        await self.until(lambda: not self.person_speaks, within=3)


async def answered_call(*args, **kwargs) -> Call:
    call = Call(*args, **kwargs)
    await call.dial()
    assert call.log == ["ringing", "answered"]
    return call


@pytest.mark.parametrize(
    ("number", "log", "seconds", "reason", "by"),
    [
        (sandbox.BUSY, ["ended"], 0.3, EndReason.BUSY, EndedBy.CARRIER),
        (sandbox.NO_ANSWER, ["ringing", "ended"], 4.0, EndReason.NO_ANSWER, EndedBy.CARRIER),
        (sandbox.DECLINES, ["ringing", "ended"], 0.8, EndReason.REJECTED, EndedBy.USER),
        (sandbox.CARRIER_FAULT, ["ended"], 0.3, EndReason.CARRIER_ERROR, EndedBy.CARRIER),
    ],
)
async def test_nobody_picks_up(number, log, seconds, reason, by):
    call = Call(number)

    await call.dial()

    assert call.log == log
    assert call.rung == seconds
    assert (call.end.reason, call.end.by) == (reason, by)
    assert call.voice.asked == []
    await call.leg.close()


async def test_a_shorter_ring_timeout_is_kept():
    call = Call(sandbox.NO_ANSWER, ring_timeout=2)

    await call.dial()

    assert call.rung == 2


async def test_says_a_line_a_turn_and_hangs_up_after_the_last_answer():
    call = await answered_call()

    for number in range(1, 4):
        await call.person_finishes()
        assert call.said == LINES[:number]
        await call.agent_says(1.5)
        assert call.end is None
    await call.until(lambda: call.end is not None, within=0.9)

    assert call.end == LegEnd(EndReason.USER_HANGUP, EndedBy.USER)
    assert call.log == ["ringing", "answered", "ended"]
    assert call.said == LINES


async def test_lets_the_agent_speak_first_and_finish():
    call = await answered_call()

    await call.agent_says(3)
    assert not any(call.loud)
    await call.silence(0.7)
    assert not any(call.loud)
    await call.until(lambda: call.person_speaks, within=0.2)

    assert call.said == ["One."]


async def test_a_pause_inside_a_sentence_is_no_turn():
    call = await answered_call()

    for _ in range(4):
        await call.agent_says(0.6)
        await call.silence(0.5)

    assert not any(call.loud)


async def test_speaks_first_where_the_agent_waits():
    call = await answered_call(lines=())

    await call.until(lambda: call.person_speaks, within=1.6)

    assert call.said == ["Hello?"]


async def test_without_lines_the_opening_is_left_out_where_the_agent_greeted():
    call = await answered_call(lines=())

    await call.agent_says(2)
    await call.person_finishes()

    assert call.said == [sandbox.CONVERSATION[0]]


async def test_asks_whether_anybody_is_there_and_then_hangs_up():
    call = await answered_call()

    await call.until(lambda: call.end is not None, within=40)

    assert call.said == ["One.", people.NUDGE, people.NUDGE]
    assert call.end == LegEnd(EndReason.USER_HANGUP, EndedBy.USER)
    assert call.seconds == pytest.approx(34.5, abs=0.2)


async def test_goes_on_after_a_late_answer():
    call = await answered_call()
    await call.person_finishes()
    await call.silence(10)
    await call.person_finishes()

    await call.agent_says(1)
    await call.person_finishes()

    assert call.said == ["One.", people.NUDGE, "Two two."]


async def test_voicemail_greets_beeps_records_and_hangs_up():
    call = await answered_call(sandbox.VOICEMAIL, lines=())

    await call.agent_says(2)  # which a machine does not care for
    await call.silence(0.6)
    assert call.said == [sandbox.MACHINE_GREETING]
    assert [call.loud[:19], call.loud[21:69], call.loud[71:90]] == [[False] * 19, [True] * 48, [False] * 19]
    assert call.loud[92:108] == [True] * 16
    await call.agent_says(8)
    await call.silence(19.5)
    assert call.end is None
    await call.silence(1)

    assert call.end == LegEnd(EndReason.USER_HANGUP, EndedBy.USER)


async def test_a_machine_does_not_record_for_ever():
    call = await answered_call(sandbox.VOICEMAIL, lines=())

    await call.silence(3)
    await call.agent_says(125)

    assert call.end is not None


async def test_hangs_up_in_the_middle_of_a_sentence():
    call = await answered_call(sandbox.LEAVES_MID_SENTENCE)
    await call.person_finishes()

    await call.agent_says(1.1)
    assert call.end is None
    await call.agent_says(0.3)

    assert call.end == LegEnd(EndReason.USER_HANGUP, EndedBy.USER)
    assert call.said == ["One."]


async def test_does_not_leave_in_the_middle_of_a_short_answer():
    call = await answered_call(sandbox.LEAVES_MID_SENTENCE)
    await call.person_finishes()

    await call.agent_says(0.5)
    await call.person_finishes()

    assert call.said == ["One.", "Two two."]
    assert call.end is None


async def test_interrupts_once_and_goes_on():
    call = await answered_call(sandbox.INTERRUPTS)
    await call.person_finishes()

    await call.agent_says(1.4)
    assert call.person_speaks
    assert call.said == ["One.", "Two two."]
    await call.silence(1)
    await call.agent_says(3)
    assert not call.person_speaks
    await call.person_finishes()
    await call.agent_says(1)
    await call.silence(1)

    assert call.said == LINES
    assert call.end == LegEnd(EndReason.USER_HANGUP, EndedBy.USER)


async def test_waits_for_an_answer_that_can_be_interrupted():
    call = await answered_call(sandbox.INTERRUPTS, lines=["One.", "Two two."])
    await call.person_finishes()
    await call.agent_says(0.5)
    await call.person_finishes()

    await call.agent_says(1.4)

    assert call.person_speaks
    assert call.said == ["One.", "Two two.", "Two two."]


async def test_says_nothing_but_the_line_hisses():
    call = await answered_call(sandbox.SAYS_NOTHING)

    await call.agent_says(2)
    await call.silence(60)

    assert not any(call.loud)
    assert call.end is None
    assert len(call.loud) == call.ticks


async def test_talks_until_hung_up():
    call = await answered_call(sandbox.TALKS_ON)

    await call.silence(120)
    assert call.end is None
    assert call.said[:4] == [*LINES, "One."]
    assert len(call.said) == pytest.approx(120 / 5, abs=1)
    await call.leg.hang_up()
    heard = len(call.loud)
    await call.silence(1)

    assert len(call.loud) == heard
    assert call.end is None


async def test_makes_three_lines_ahead():
    call = await answered_call(lines=[f"Line {n}." for n in range(9)])

    assert call.voice.asked == ["Line 0.", people.NUDGE, "Line 1.", "Line 2."]
    await call.person_finishes()

    assert call.voice.asked[4:] == ["Line 3."]


async def test_a_voice_that_fails_is_our_fault():
    call = Call()
    call.voice.error = SpeechError("no", retryable=False)

    await call.dial()

    assert call.log == ["ended"]
    assert (call.end.reason, call.end.by) == (EndReason.SPEECH_ERROR, EndedBy.PLATFORM)


async def test_a_bug_in_the_voice_ends_the_call_too(caplog):
    call = Call()
    call.voice.error = ZeroDivisionError()

    await call.dial()

    assert (call.end.reason, call.end.by) == (EndReason.INTERNAL_ERROR, EndedBy.PLATFORM)
    assert [r.message for r in caplog.records] == ["sandbox leg failed"]


async def test_hung_up_while_it_rings():
    call = Call()
    call.leg._sleep = asyncio.sleep
    await call.leg.dial()

    await call.leg.hang_up()
    await call.leg.close()
    await call.leg.close()

    assert call.log == []
    assert all(task.done() for task in call.leg._tasks)


async def test_one_frame_in_one_frame_out():
    call = await answered_call()

    await call.agent_says(1)
    await call.silence(2)

    assert len(call.loud) == 150
