from __future__ import annotations

import asyncio
import gc
import weakref

import numpy as np
import pytest

from calls import bus
from calls.audio.wav import read_wav
from calls.telephony.base import EndedBy, EndReason, LegEnd, UnknownLegKind
from calls.tests.gateway.desk import sound

SILENCE = bytes(320)


def states(items: list[bus.Item]) -> list[str]:
    return [item.state for item in items if isinstance(item, bus.LegState)]


async def test_dials_only_what_it_took(desk):
    desk.store.may_dial.clear()
    await desk.take("worker-1", bus.Dial("call_1", 1))
    assert desk.lines == {}

    desk.store.may_dial.set()
    await desk.settle()

    assert desk.lines["call_1"].dialled
    dialing, attached = await desk.hear()
    assert dialing == bus.LegState("call_1", 1, "dialing")
    assert attached == bus.Attached("call_1", 1, "dialing", 8000, 0, 0, 0, 0, is_whole=True, replay_from=0)


async def test_a_leg_that_another_took_is_not_dialled(desk):
    desk.store.refuses_dial = True

    await desk.take("worker-1", bus.Dial("call_1", 1))

    assert desk.lines == {}
    assert await desk.hear() == []
    assert desk.holder.live == 0


async def test_a_database_that_is_away_lets_nobody_be_dialled(desk):
    desk.store.is_away = True
    await desk.take("worker-1", bus.Dial("call_1", 1))
    assert desk.lines == {}

    desk.store.is_away = False
    await desk.dial()

    assert desk.lines["call_1"].dialled


async def test_to_dial_twice_is_to_dial_once(desk):
    line = await desk.dial()
    await desk.hear()

    await desk.take("worker-1", bus.Dial("call_1", 1))

    assert desk.lines["call_1"] is line
    assert desk.store.told("begin_dial") == [("call_1",)]
    assert [type(item) for item in await desk.hear()] == [bus.Attached]


async def test_tells_what_becomes_of_the_leg(desk):
    line = await desk.dial()
    line.ring()
    line.answer()
    await desk.settle()
    line.end()
    await desk.until(lambda: desk.holder.live == 0 and desk.store.told("ended"))
    await desk.settle()

    items = await desk.hear()
    assert states(items) == ["dialing", "ringing", "answered", "ended"]
    assert items[-1] == bus.LegState("call_1", 1, "ended", "user_hangup", "user")
    assert [row[0] for row in desk.store.rows] == ["begin_dial", "ringing", "answered", "ended"]
    assert desk.store.told("answered") == [("call_1", "call_1.wav", 8000)]
    assert line.closed
    assert not line.hung_up


async def test_a_busy_person_has_no_recording(desk):
    line = await desk.dial()
    line.end(EndReason.BUSY, EndedBy.CARRIER)
    await desk.settle()

    assert desk.store.told("ended") == [("call_1", "busy", "carrier", None)]
    assert (await desk.hear())[-1] == bus.LegState("call_1", 1, "ended", "busy", "carrier")


@pytest.mark.parametrize(("refusal", "by"), [(OSError("no route"), "carrier"), (UnknownLegKind("sip"), "platform")])
async def test_a_carrier_that_fails_ends_the_leg(desk, refusal, by):
    desk.refuse = refusal

    await desk.take("worker-1", bus.Dial("call_1", 1))

    assert desk.store.told("ended") == [("call_1", "carrier_error", by, None)]


@pytest.mark.parametrize(("rings", "reason"), [(True, "no_answer"), (False, "carrier_error")])
async def test_rings_no_longer_than_it_may(desk, rings, reason):
    desk.store.ring_timeout = 5
    line = await desk.dial()
    if rings:
        line.ring()

    await desk.pass_time(5.4, bus.Beat("call_1", 1, 0))
    assert not line.hung_up
    await desk.pass_time(0.2)

    assert line.hung_up
    assert desk.store.told("ended") == [("call_1", reason, "carrier", None)]


async def test_a_hang_up_that_overtakes_the_dialling_ends_it(desk):
    desk.store.may_dial.clear()
    await desk.take("worker-1", bus.Dial("call_1", 1))
    await desk.take("web-1", bus.HangUp("call_1", 0, "api_hangup", "api", after_speech=False))

    desk.store.may_dial.set()
    await desk.settle()

    assert desk.lines == {}
    assert desk.store.told("ended") == [("call_1", "canceled", "api", None)]


async def test_ends_with_what_the_first_wanted(desk):
    line = await desk.converse()

    await desk.take("worker-1", bus.HangUp("call_1", 1, "agent_hangup", "agent", after_speech=False))
    line.end()
    await desk.until(lambda: desk.store.told("ended"))

    assert line.hung_up
    assert [row[:3] for row in desk.store.told("ended")] == [("call_1", "agent_hangup", "agent")]


async def test_a_goodbye_is_heard_to_its_end(desk):
    line = await desk.converse()
    await desk.take(
        "worker-1",
        bus.Speech("call_1", 1, 1, sound(1, 50), is_last=True),
        bus.HangUp("call_1", 1, "agent_hangup", "agent", after_speech=True),
    )

    await desk.pass_time(1.0)
    assert not line.hung_up
    await desk.pass_time(0.2)

    assert line.hung_up
    assert line.played[:50] == [sound(1 + n) for n in range(50)]


async def test_a_goodbye_that_never_comes_is_not_waited_for(desk):
    line = await desk.converse()
    await desk.take(
        "worker-1",
        bus.Speech("call_1", 1, 1, sound(1, 5), is_last=False),
        bus.HangUp("call_1", 1, "agent_hangup", "agent", after_speech=True),
    )

    await desk.pass_time(0.4)

    assert line.hung_up


async def test_a_line_that_breaks_harms_no_other(desk):
    broken, whole = await desk.converse("call_1"), await desk.converse("call_2")

    def fail(frame: bytes) -> None:
        raise OSError("gone")

    broken.play = fail
    await desk.pass_time(0.2)
    await desk.until(lambda: desk.store.told("ended"))

    assert [row[:3] for row in desk.store.told("ended")] == [("call_1", "media_lost", "platform")]
    assert len(whole.played) == 10


async def test_speech_is_paced_and_its_progress_told(desk):
    line = await desk.converse()
    await desk.hear()
    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(1, 12), is_last=True))

    await desk.pass_time(0.3)

    assert line.played == [*(sound(1 + n) for n in range(12)), SILENCE, SILENCE, SILENCE]
    assert await desk.hear_only(bus.Played) == [
        bus.Played("call_1", 1, 1, 20, 1, is_over=False),
        bus.Played("call_1", 1, 1, 200, 10, is_over=False),
        bus.Played("call_1", 1, 1, 240, 12, is_over=True),
    ]


async def test_a_flush_silences_at_once(desk):
    line = await desk.converse()
    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(1, 50), is_last=True))
    await desk.pass_time(0.1)
    await desk.hear()

    await desk.take("worker-1", bus.Flush("call_1", 1))
    await desk.pass_time(0.1)

    assert line.played[5:] == [SILENCE] * 5
    assert await desk.hear_only(bus.Played) == [bus.Played("call_1", 1, 1, 100, 5, is_over=True)]


async def test_what_was_heard_of_the_last_words_is_told_before_the_end(desk):
    line = await desk.converse()
    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(1, 50), is_last=True))
    await desk.pass_time(0.1)
    await desk.hear()

    line.end()
    await desk.until(lambda: desk.store.told("ended"))
    await desk.settle()

    assert await desk.hear() == [
        bus.Played("call_1", 1, 1, 100, 5, is_over=True),
        bus.LegState("call_1", 1, "ended", "user_hangup", "user"),
    ]


async def test_keys_go_both_ways(desk):
    line = await desk.converse()
    await desk.hear()

    line.press("5")
    await desk.take("worker-1", bus.SendDigits("call_1", 1, "12"))
    await desk.take("web-1", bus.SendDigits("call_1", 0, "3"))

    assert await desk.hear() == [bus.Digit("call_1", 1, "5")]
    assert line.digits == "123"


async def test_the_recording_holds_what_was_said_and_what_was_played(desk, tmp_path):
    line = await desk.converse()
    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(500, 20), is_last=True))
    for n in range(30):
        line.speak(sound(100 + n))
        await desk.pass_time(0.02)
    line.end()
    await desk.until(lambda: desk.store.told("ended"))

    samples, _ = read_wav(tmp_path / "call_1.wav")
    assert samples.shape == (30 * 160, 2)
    assert np.array_equal(samples[::160, 0], np.arange(100, 130))
    assert np.array_equal(samples[::160, 1], [*range(500, 520), *[0] * 10])
    [(_, _, _, facts)] = desk.store.told("ended")
    assert (facts.path, facts.duration_ms) == ("call_1.wav", 600)


async def test_a_holder_that_was_late_says_so_in_the_recording(desk, tmp_path):
    line = await desk.converse()
    await desk.take("worker-1", bus.Speech("call_1", 1, 1, sound(500, 20), is_last=True))
    await desk.pass_time(0.1)
    desk.now += 0.4  # nothing ran for 20 ticks
    await desk.pass_time(0.1)
    line.end()
    await desk.until(lambda: desk.store.told("ended"))

    samples, _ = read_wav(tmp_path / "call_1.wav")
    assert len(line.played) == 10
    assert np.array_equal(samples[::160, 1], [*range(500, 505), *[0] * 20, *range(505, 510)])


async def test_a_worker_that_missed_the_end_is_told_again(desk):
    line = await desk.converse()
    line.end()
    await desk.until(lambda: desk.store.told("ended"))
    await desk.settle()
    await desk.hear()

    await desk.take("worker-2", bus.Attach("call_1", 2))
    await desk.take("worker-1", bus.Beat("call_1", 1, 0))

    ended = bus.LegState("call_1", 2, "ended", "user_hangup", "user")
    assert await desk.hear("worker-2") == [ended]
    assert states(await desk.hear("worker-1")) == ["ended"]


async def test_a_call_that_no_worker_completes_is_completed(desk):
    line = await desk.converse()
    line.end()
    await desk.until(lambda: desk.store.told("ended"))
    await desk.pass_time(2.9)
    assert desk.store.told("finish") == []

    await desk.pass_time(0.2)

    assert desk.store.told("finish") == [("call_1",)]


async def test_an_end_is_not_lost_while_the_database_is_away(desk):
    line = await desk.converse()
    desk.store.is_away = True
    line.ring()
    line.end()
    await desk.settle()
    await asyncio.sleep(0.15)
    assert desk.store.told("ended") == []

    desk.store.is_away = False
    await desk.until(lambda: desk.store.told("ended"))

    assert [row[:3] for row in desk.store.told("ended")] == [("call_1", "user_hangup", "user")]


async def test_a_leg_that_was_ended_without_its_holder_is_cut_at_the_next_beat(desk):
    lost = await desk.converse("call_1")
    other = await desk.converse("call_2")
    await desk.hear()

    desk.store.over = {"call_1": LegEnd(EndReason.MEDIA_LOST, EndedBy.PLATFORM)}
    await desk.holder.beat()
    await desk.until(lambda: lost.closed)
    await desk.holder.beat()

    assert lost.hung_up
    assert not other.over
    assert await desk.hear_only(bus.LegState) == [bus.LegState("call_1", 1, "ended", "media_lost", "platform")]
    assert len(desk.store.told("ended")) == 1


async def test_a_draining_holder_takes_no_new_legs(desk):
    await desk.converse("call_1")
    desk.holder.stop(drain_seconds=60)

    await desk.take("worker-1", bus.Dial("call_2", 1))

    assert list(desk.lines) == ["call_1"]
    assert desk.holder.live == 1


async def test_what_has_ended_keeps_no_sound(desk):
    """It is remembered that it ended; what was heard goes at once, without the garbage collector."""
    line = await desk.converse()
    line.speak(sound(1, 5))
    await desk.pass_time(0.2)
    leg = weakref.ref(line._events)
    gc.disable()
    try:
        line.end()
        del line
        await desk.until(lambda: desk.lines["call_1"].closed)
        await desk.settle()
        desk.lines.clear()
        assert leg() is None
    finally:
        gc.enable()

    await desk.hear()
    await desk.take("worker-1", bus.Beat("call_1", 1, 0))
    assert states(await desk.hear()) == ["ended"]
