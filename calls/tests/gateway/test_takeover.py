from __future__ import annotations

import asyncio

import numpy as np
import pytest

from calls import bus
from calls.audio.levels import dbfs
from calls.tests.gateway.desk import sound

SILENCE = bytes(320)


def speech(token: int, utterance: int, frames: int, *, value: int = 1, is_last: bool = True) -> bus.Speech:
    return bus.Speech("call_1", token, utterance, sound(value, frames), is_last=is_last)


async def test_a_worker_that_nobody_receives_is_gone(desk):
    await desk.converse()
    await desk.pass_time(3, bus.Beat("call_1", 1, 0))

    desk.wire.dead = {"worker-1"}
    await desk.pass_time(0.06)
    assert desk.store.told("fence") == []
    await desk.pass_time(0.14)

    assert desk.store.told("fence") == [("call_1", 1)]


async def test_a_worker_whose_heart_stops_hangs(desk):
    await desk.converse()
    await desk.pass_time(3, bus.Beat("call_1", 1, 0))

    await desk.pass_time(1.5)
    assert desk.store.told("fence") == []
    await desk.pass_time(0.5)

    assert desk.store.told("fence") == [("call_1", 1)]
    assert (await desk.hear())[-1] == bus.Fenced("call_1", 2)


async def test_a_call_that_is_not_answered_yet_is_watched_as_well(desk):
    await desk.dial()

    await desk.pass_time(2.1)

    assert desk.store.told("fence") == [("call_1", 1)]


async def test_each_call_is_judged_for_itself(desk):
    await desk.converse("call_1")
    await desk.converse("call_2")

    await desk.pass_time(2.5, bus.Beat("call_2", 1, 0))

    assert desk.store.told("fence") == [("call_1", 1)]


async def test_a_holder_that_was_late_judges_nobody(desk):
    await desk.converse()
    await desk.pass_time(3, bus.Beat("call_1", 1, 0))

    desk.now += 5
    desk.wire.dead = {"worker-1"}
    await desk.pass_time(1.9)
    assert desk.store.told("fence") == []
    await desk.pass_time(0.2)

    assert desk.store.told("fence") == [("call_1", 1)]


async def test_while_the_bus_is_away_nobody_is_judged(desk):
    line = await desk.converse()
    await desk.pass_time(3, bus.Beat("call_1", 1, 0))

    desk.wire.is_broken = True
    await desk.pass_time(5)
    desk.wire.is_broken = False
    desk.wire.dead = {"worker-1"}  # as long as it has not subscribed again
    await desk.pass_time(1)
    desk.wire.dead = set()
    await desk.pass_time(2.5, bus.Beat("call_1", 1, 0))

    assert desk.store.told("fence") == []
    assert not line.over


async def test_a_bus_that_hangs_is_away_too(desk):
    await desk.converse()
    await desk.pass_time(3, bus.Beat("call_1", 1, 0))

    desk.wire.flows.clear()
    publishing = asyncio.create_task(desk.holder.publish())
    await desk.settle()
    for _ in range(200):
        desk.now += 0.02
        desk.holder.tick(desk.now)
    desk.wire.flows.set()
    await publishing
    await desk.pass_time(1.5)
    await desk.pass_time(2.5, bus.Beat("call_1", 1, 0))

    assert desk.store.told("fence") == []


async def test_what_was_said_while_the_bus_was_away_comes_at_the_pace_of_a_replay(desk):
    line = await desk.converse()
    await desk.pass_time(0.1)
    desk.wire.is_broken = True
    for n in range(100):
        line.speak(sound(n))
        await desk.pass_time(0.02)
    desk.wire.is_broken = False
    await desk.hear()
    await desk.pass_time(1, bus.Beat("call_1", 1, 0))

    heard = await desk.hear_only(bus.Heard)
    assert max(len(item.pcm) for item in heard) <= 6 * 320
    frames = [item.frame for item in heard]
    assert frames == sorted(frames)
    assert b"".join(item.pcm for item in heard).count(sound(57)) == 1


async def test_a_bus_that_stays_away_costs_the_call(desk):
    await desk.converse()
    desk.wire.is_broken = True

    await desk.pass_time(9.9)
    assert desk.holder.live == 1
    await desk.pass_time(0.3)
    await desk.until(lambda: desk.store.told("ended"))

    assert [row[:3] for row in desk.store.told("ended")] == [("call_1", "media_lost", "platform")]


async def test_a_worker_that_releases_a_call_is_not_dead(desk):
    await desk.converse()

    await desk.take("worker-1", bus.Release("call_1", 1))
    await desk.pass_time(3)

    assert desk.store.told("release") == [("call_1", 1)]
    assert desk.store.told("fence") == []


async def test_a_worker_that_says_farewell_frees_all_it_had(desk):
    await desk.converse("call_1")
    await desk.converse("call_2")
    await desk.converse("call_3", worker="worker-2")

    await desk.take("worker-1", bus.Farewell("", 0))

    assert desk.store.told("release") == [("call_1", 1), ("call_2", 1)]


async def test_speech_on_its_way_is_played_without_its_worker(desk):
    line = await desk.converse()
    await desk.take("worker-1", speech(1, 1, 30))
    await desk.pass_time(0.1)

    await desk.take("worker-1", bus.Release("call_1", 1))
    await desk.pass_time(0.5)

    assert line.played == [sound(1 + n) for n in range(30)]


async def test_an_old_worker_is_told_and_not_obeyed(desk):
    line = await desk.converse()
    await desk.take("worker-1", bus.Release("call_1", 1))
    await desk.take("worker-2", bus.Attach("call_1", 3))
    await desk.hear()

    await desk.take(
        "worker-1",
        speech(1, 1, 30),
        bus.Flush("call_1", 1),
        bus.HangUp("call_1", 1, "agent_hangup", "agent", after_speech=False),
        bus.Attach("call_1", 1),
    )
    await desk.pass_time(0.1)

    assert await desk.hear() == [bus.Fenced("call_1", 3)]
    assert line.played == [SILENCE] * 5
    assert not line.hung_up


async def test_a_worker_that_takes_over_from_a_live_one_sends_it_away(desk):
    await desk.converse()
    await desk.hear()

    await desk.take("worker-2", bus.Attach("call_1", 2))

    assert await desk.hear() == [bus.Fenced("call_1", 2)]


async def test_a_new_worker_learns_how_far_the_agent_was(desk):
    await desk.converse()
    await desk.take("worker-1", speech(1, 4, 30, is_last=False))
    await desk.pass_time(0.2)
    await desk.take("worker-1", bus.Release("call_1", 1))

    await desk.take("worker-2", bus.Attach("call_1", 3))
    await desk.pass_time(1)
    await desk.take("worker-3", bus.Attach("call_1", 4))

    cut, told = (await desk.hear("worker-2"))[0], (await desk.hear("worker-3"))[0]
    assert cut == bus.Attached(
        "call_1", 3, "answered", 8000, 5, 4, 200, 400, is_whole=False, replay_from=0, spoken_upto=10
    )
    assert (told.played_ms, told.queued_ms, told.spoken_upto) == (600, 0, 30)


async def test_a_new_worker_hears_what_the_old_one_did_not_write_down(desk):
    line = await desk.converse()
    for n in range(100):
        line.speak(sound(n))
        await desk.pass_time(0.02)
    await desk.take("worker-1", bus.Beat("call_1", 1, 60), bus.Release("call_1", 1))
    for n in range(100, 120):
        line.speak(sound(n))
        await desk.pass_time(0.02)

    await desk.take("worker-2", bus.Attach("call_1", 3))
    for n in range(120, 140):
        line.speak(sound(n))
        await desk.pass_time(0.02)

    attached, *heard = await desk.hear("worker-2")
    assert (attached.replay_from, attached.frame) == (60, 120)
    assert [(item.frame, len(item.pcm) // 320) for item in heard[:3]] == [(60, 6), (66, 6), (72, 6)]
    assert b"".join(item.pcm for item in heard) == b"".join(sound(n) for n in range(60, 140))


async def test_keys_pressed_meanwhile_are_kept(desk):
    line = await desk.converse()
    await desk.take("worker-1", bus.Release("call_1", 1))
    line.press("7")

    await desk.take("worker-2", bus.Attach("call_1", 3))

    assert (await desk.hear("worker-2"))[-1] == bus.Digit("call_1", 3, "7")


async def test_a_person_left_alone_hears_that_the_line_is_alive(desk):
    line = await desk.converse()
    await desk.take("worker-1", bus.Release("call_1", 1))

    await desk.pass_time(5.9)
    noise = b"".join(line.played)
    await desk.pass_time(1)

    assert -66 < dbfs(noise) < -58
    assert np.abs(np.frombuffer(noise, "<i2")).max() < 200
    assert desk.voice.asked == [("One moment, please.", "joe", 8000)]
    assert [frame for frame in line.played if frame == sound(7000)] == [sound(7000)]


async def test_a_new_worker_ends_the_waiting(desk):
    line = await desk.converse()
    await desk.take("worker-1", bus.Release("call_1", 1))
    await desk.pass_time(20)

    await desk.take("worker-2", bus.Attach("call_1", 3))
    await desk.pass_time(20, bus.Beat("call_1", 3, 0), by="worker-2")

    assert line.played[-1] == SILENCE
    assert not line.over


async def test_nobody_waits_for_ever(desk):
    await desk.converse()
    await desk.take("worker-1", bus.Release("call_1", 1))

    await desk.pass_time(29.9)
    assert desk.holder.live == 1
    await desk.pass_time(0.2)
    await desk.until(lambda: desk.store.told("ended"))

    assert [row[:3] for row in desk.store.told("ended")] == [("call_1", "worker_lost", "platform")]


async def test_a_goodbye_needs_nobody(desk):
    line = await desk.converse()
    await desk.take("worker-1", speech(1, 1, 200), bus.HangUp("call_1", 1, "agent_hangup", "agent", after_speech=True))
    desk.wire.dead = {"worker-1"}

    await desk.pass_time(4.2)
    await desk.until(lambda: desk.store.told("ended"))

    assert desk.store.told("fence") == []
    assert [row[:3] for row in desk.store.told("ended")] == [("call_1", "agent_hangup", "agent")]
    assert line.played[199] == sound(200)


async def test_a_leg_that_was_never_here_is_lost(desk):
    await desk.take("worker-2", bus.Attach("call_9", 2))

    assert await desk.hear("worker-2") == [bus.LegState("call_9", 2, "ended", "media_lost", "platform")]


@pytest.mark.parametrize("kind", [bus.LegState("call_1", 1, "ringing"), bus.Digit("call_1", 1, "5")])
async def test_what_is_not_for_a_holder_is_passed_over(desk, kind):
    line = await desk.converse()

    await desk.take("worker-1", kind)

    assert not line.over
