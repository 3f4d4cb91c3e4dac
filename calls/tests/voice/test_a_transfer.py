"""A transfer in a whole conversation, with the leg's holder played by the test."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calls import bus
from calls.tests.voice.stage import a_spec, noise, until
from calls.voice import transferring
from calls.voice.session import Destination, PastTurn, PendingTransfer
from calls.voice.transfer_words import ENGLISH

DESTINATIONS = (Destination("Sales", "the caller wants to buy", "Wait."),)
ID = "transfer_1"
MAY = bus.PutThrough("call_1", 0, ID, "Sales", "warm", "Wait.")
# Said in real time here.
SHORT = replace(ENGLISH, greeting="Hi.", unnamed="A caller.", question="Yes?", thanks="Bye.", unavailable="Sorry.")


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transferring, "words_in", lambda language: SHORT)


def state(name: str, reason: str = "") -> bus.TransferState:
    return bus.TransferState("call_1", 1, ID, name, reason)


def was_sent(stage, kind: type[bus.Item]) -> bool:
    return any(isinstance(item, kind) for item in stage.holder.items)


async def test_a_caller_asks_for_somebody_and_the_colleague_takes_the_call(make_stage):
    stage = await make_stage(hears=("Can I speak to a person please?", "Sales, hello?", "Yes, please."))
    talk = stage.converse(a_spec(destinations=DESTINATIONS, first_message="Hello."))
    await until(lambda: len(stage.record.turns) == 1)

    stage.holder.say(noise(0.8))
    await until(lambda: stage.record.transfers == ["Sales"])
    stage.holder._tell(MAY)
    await until(lambda: was_sent(stage, bus.Transfer))
    # Not before the words are said.
    assert stage.record.turns[-1] == ("agent", "Wait.")

    stage.holder._tell(state("answered"))
    stage.holder.say(noise(0.5))
    await until(lambda: len(stage.record.turns) == 5)
    stage.holder.say(noise(0.5))
    await until(lambda: was_sent(stage, bus.Connect))
    stage.holder._tell(state("connected"))

    assert (await talk).kind == "transferred"
    assert stage.record.asides == [True]
    assert stage.record.turns[4] == ("agent", "Hi. A caller. Yes?")


async def test_nobody_takes_it_and_the_talk_goes_on_as_if_nothing_was_said_aside(make_stage):
    stage = await make_stage(hears=("Sales, hello?", "No, I am busy.", "How much is a cleaning?"))
    stage.converse(a_spec(destinations=DESTINATIONS, first_message="Hello."))
    await until(lambda: len(stage.record.turns) == 1)

    stage.holder._tell(MAY)
    await until(lambda: was_sent(stage, bus.Transfer))
    stage.holder._tell(state("answered"))
    stage.holder.say(noise(0.5))
    await until(lambda: len(stage.record.turns) == 4)
    stage.holder.say(noise(0.5))
    await until(lambda: was_sent(stage, bus.DropTransfer))
    stage.holder._tell(state("ended", "rejected"))
    await until(lambda: stage.record.turns[-1] == ("agent", "Sorry."))
    stage.holder.say(noise(0.5))
    await until(lambda: "90 dollars" in stage.record.turns[-1][1])

    assert stage.record.asides == [True, False]


async def test_another_worker_asks_how_the_transfer_stands(make_stage):
    stage = await make_stage()
    stage.holder.state = "answered"
    history = (PastTurn(1, "agent", "Hello, this is Ana.", is_final=True, utterance=1),)
    talk = stage.converse(a_spec(is_dialed=True, history=history, transfer=PendingTransfer(ID, "Sales")))

    await until(lambda: was_sent(stage, bus.Transfer))
    stage.holder._tell(state("connected"))

    assert (await talk).kind == "transferred"
