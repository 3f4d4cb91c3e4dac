"""How a reply begins: at once where its next sentence will be there in time, else when there will be no hole after the first."""

from __future__ import annotations

import pytest

from calls import bus
from calls.voice.session import Stages
from calls.voice.utterances import MOST_HOLD_SECONDS, Utterances

SHORT = "You are welcome."
MS = 8 * 2


class Speaking:
    """An agent on a machine that takes so many milliseconds to make the first sentence."""

    def __init__(self, *, made_in_ms: int | None) -> None:
        self.now = 0.0
        self.sent: list[bus.Speech] = []
        self.utterances = Utterances(
            send=self._send,
            address=lambda: ("call_1", 1),
            clock=lambda: self.now,
            on_started=lambda: None,
            on_stopped=lambda: None,
            on_over=lambda utterance: None,
        )
        self.utterances.begin("context", SHORT, Stages(tts=made_in_ms))

    @property
    def sent_ms(self) -> int:
        return sum(len(speech.pcm) for speech in self.sent) // MS

    def sound(self, ms: int) -> None:
        self.utterances.sound("context", bytes(ms * MS))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.utterances.tick()

    def _send(self, item: bus.Item) -> None:
        assert isinstance(item, bus.Speech)
        self.sent.append(item)


@pytest.mark.parametrize("made_in_ms", [None, 0, 60, 150])
def test_a_machine_that_has_time_begins_at_once(made_in_ms: int | None) -> None:
    agent = Speaking(made_in_ms=made_in_ms)

    agent.sound(580)

    assert agent.sent_ms == 580


def test_a_busy_one_waits_for_more() -> None:
    agent = Speaking(made_in_ms=400)

    agent.sound(580)
    assert agent.sent_ms == 0
    agent.wait(0.3)
    assert agent.sent_ms == 0
    agent.sound(800)

    assert agent.sent_ms == 1380


def test_it_does_not_wait_long() -> None:
    agent = Speaking(made_in_ms=2000)

    agent.sound(580)
    agent.wait(MOST_HOLD_SECONDS)
    assert agent.sent_ms == 580
    agent.sound(20)

    assert agent.sent_ms == 600


def test_a_reply_of_one_sentence_is_sent_when_it_is_whole() -> None:
    agent = Speaking(made_in_ms=400)

    agent.sound(580)
    finished = agent.utterances.finish("context")

    assert agent.sent_ms == 580
    assert agent.sent[-1].is_last
    assert finished is not None
    assert finished.is_whole


def test_what_is_kept_back_is_gone_with_an_interruption() -> None:
    agent = Speaking(made_in_ms=400)

    agent.sound(580)
    assert agent.utterances.flush()
    agent.wait(1.0)

    assert agent.sent == []
    assert not agent.utterances.is_open
