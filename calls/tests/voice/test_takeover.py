from __future__ import annotations

import asyncio

import pytest

from calls import bus
from calls.tests.voice.stage import SIZE, a_spec, noise, silence, until
from calls.voice.session import PastTurn
from calls.voice.takeover import rest_of, resume

SAID = "A cleaning costs ninety dollars, and we are open from Monday to Friday, eight to five."
ASKED = PastTurn(1, "user", "How much is it?", True)


def attached(**changes: object) -> bus.Attached:
    values: dict[str, object] = {
        "call": "call_1", "token": 2, "state": "answered", "rate": 8000, "frame": 500, "utterance": 3,
        "played_ms": 0, "queued_ms": 0, "is_whole": True, "replay_from": 500, **changes,
    }  # fmt: skip
    return bus.Attached(**values)


def test_nothing_is_owed_after_a_finished_turn():
    resumption = resume([ASKED, PastTurn(2, "agent", SAID, True, 3)], attached())

    assert (resumption.rest, resumption.owes_answer, resumption.playing) == ("", False, None)
    assert resumption.next_utterance == 4


def test_what_was_queued_whole_is_left_to_play():
    resumption = resume([ASKED, PastTurn(2, "agent", SAID, False, 3)], attached(played_ms=1000, queued_ms=4000))

    assert resumption.rest == ""
    assert resumption.playing is not None
    assert resumption.playing.sent_ms == 5000


def test_a_cut_thought_is_finished_from_its_clause():
    resumption = resume(
        [ASKED, PastTurn(2, "agent", SAID, False, 3)], attached(played_ms=1000, queued_ms=1600, is_whole=False)
    )

    assert resumption.rest == "And we are open from Monday to Friday, eight to five."


def test_what_never_reached_the_holder_is_said_whole():
    resumption = resume([ASKED, PastTurn(2, "agent", SAID, False, 4)], attached())

    assert resumption.rest == SAID
    assert resumption.next_utterance == 5


def test_what_others_came_after_is_over():
    history = [PastTurn(1, "agent", "Hello.", False, 1), ASKED, PastTurn(3, "agent", SAID, False, 4)]

    resumption = resume(history, attached())

    assert [(one.number, one.heard_text()) for one in resumption.over] == [(1, "Hello."), (4, "")]


def test_a_caller_who_spoke_last_is_owed_an_answer():
    assert resume([ASKED], attached()).owes_answer


@pytest.mark.parametrize(
    ("heard", "rest"),
    [("", "One, two. Three."), ("One,", "Two. Three."), ("One, two", "Two. Three."), ("One, two.", "Three.")],
)
def test_the_rest_begins_with_a_clause(heard, rest):
    assert rest_of("One, two. Three.", heard) == rest


async def on_the_phone(stage, *, token: int = 2):
    """The leg as another worker left it: answered, and ten frames old."""
    stage.holder.state = "answered"
    stage.holder.token = token
    stage.holder.worker = "worker-gone"
    await until(lambda: stage.holder.frame > 10)


async def test_the_new_worker_finishes_the_thought(make_stage):
    stage = await make_stage()
    await on_the_phone(stage)
    stage.holder._take("worker-gone", bus.Speech("call_1", 1, 3, noise(1.5), False))
    await until(lambda: stage.holder.agent.strip(b"\0"))
    begun = asyncio.get_running_loop().time()
    stage.converse(a_spec(history=[ASKED, PastTurn(2, "agent", SAID, False, 3)], is_dialed=True, token=2))

    await until(lambda: stage.record.started != [])

    assert asyncio.get_running_loop().time() - begun < 0.5
    assert stage.record.started[0][0] == 4
    assert stage.record.started[0][1].lower() in SAID.lower()
    await until(lambda: len(stage.record.ended) == 2, seconds=10)
    assert [number for number, _, _ in stage.record.ended] == [3, 4]
    assert stage.record.ended[0][2] is True


async def test_the_new_worker_answers_what_was_asked(make_stage):
    stage = await make_stage()
    await on_the_phone(stage)
    history = [PastTurn(1, "user", "How much is a cleaning?", True)]
    stage.converse(a_spec(history=history, is_dialed=True, token=2))

    await until(lambda: stage.record.started != [])

    assert "90 dollars" in stage.record.started[0][1]


async def test_the_new_worker_hears_what_was_said_meanwhile(make_stage):
    stage = await make_stage(hears=("How much is a cleaning?",))
    await on_the_phone(stage)
    stage.holder.heard_upto = stage.holder.frame
    stage.holder.say(noise(1.0) + silence(0.2))
    await until(lambda: not stage.holder.to_say)
    history = [PastTurn(1, "agent", "What can I do for you?", True, 1)]
    stage.converse(a_spec(history=history, is_dialed=True, token=2))

    await until(lambda: len(stage.record.turns) == 2)

    assert stage.record.turns[0] == ("user", "How much is a cleaning?")
    assert "90 dollars" in stage.record.turns[1][1]


async def test_what_the_dead_worker_had_written_down_is_not_heard_again(make_stage):
    stage = await make_stage(hears=("What is that?",))
    await on_the_phone(stage)
    stage.holder.heard_upto = stage.holder.frame
    stage.holder.say(noise(1.0) + silence(0.2))
    await until(lambda: not stage.holder.to_say)
    spoken = PastTurn(1, "user", "How much is a cleaning?", True, end_ms=stage.holder.frame * bus.FRAME_MS)
    stage.converse(a_spec(history=[spoken], is_dialed=True, token=2))

    await until(lambda: stage.record.ended != [], seconds=10)

    assert [speaker for speaker, _ in stage.record.turns] == ["agent"]
    assert "90 dollars" in stage.record.turns[0][1]


async def test_the_new_worker_does_not_talk_over_the_caller(make_stage):
    # Heard twice: while it is still being said, and at its end.
    stage = await make_stage(hears=("What time do you open on Monday?",) * 2)
    await on_the_phone(stage)
    stage.holder.heard_upto = stage.holder.frame
    stage.holder.say(noise(2.0))
    await until(lambda: len(stage.holder.to_say) < 60 * SIZE)
    history = [ASKED, PastTurn(2, "agent", SAID, False, 4)]
    stage.converse(a_spec(history=history, is_dialed=True, token=2))

    await until(lambda: len(stage.record.turns) == 2, seconds=10)

    assert stage.record.turns[0] == ("user", "What time do you open on Monday?")
    assert "8 am" in stage.record.turns[1][1]


async def test_a_dead_workers_call_goes_on_with_another(make_stage):
    stage = await make_stage(hears=("And when are you open?",))
    first = stage.converse(a_spec(first_message=SAID))
    await until(lambda: len(stage.holder.agent.strip(b"\0")) > 50 * SIZE)
    first.cancel()
    await asyncio.wait({first})
    stage.holder.token = 2
    history = [PastTurn(1, "agent", SAID, False, 1)]
    stage.converse(a_spec(history=history, is_dialed=True, token=2))

    await until(lambda: len(stage.record.turns) == 1, seconds=8)
    stage.holder.say(noise(0.8))
    await until(lambda: len(stage.record.turns) == 3)

    assert stage.record.turns[0] == ("agent", SAID)
    assert [number for number, _ in stage.record.started][-1] == 2


async def test_a_call_that_comes_back_ends_the_copy_that_lost_it(make_stage):
    stage = await make_stage()
    first = stage.converse(a_spec())
    await until(lambda: stage.record.started != [])
    stage.holder.token = 2
    stage.converse(a_spec(history=[ASKED], is_dialed=True, token=2))

    outcome = await asyncio.wait_for(first, 2)

    assert outcome.kind == "superseded"
