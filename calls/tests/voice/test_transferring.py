"""A transfer as the agent goes through it, by a clock that the test moves."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from calls import bus
from calls.tests.voice.stage import a_spec
from calls.voice.providers.house import House, Message, Persona
from calls.voice.providers.house.handing_over import Desk
from calls.voice.session import Destination, PendingTransfer
from calls.voice.transfer_words import ENGLISH
from calls.voice.transferring import Transferring, brief, manners

ID = "transfer_1"
CALL = ("call_1", 1)
SAID = (
    Message("agent", "Hello, this is Ana."),
    Message("user", "Hi, my name is Maria Lopez."),
    Message("user", "I would like to change my order from Tuesday."),
    Message("user", "Can I speak to a person please?"),
)


class Scene:
    def __init__(self, *, history: Sequence[Message] = SAID, **spec: object) -> None:
        self.now = 100.0
        self.sent: list[bus.Item] = []
        self.said: list[str] = []
        self.asides: list[bool] = []
        self.is_idle = True
        self.is_heard = False
        self.it = Transferring(
            clock=lambda: self.now,
            send=self.sent.append,
            speak=self.said.append,
            is_idle=lambda: self.is_idle,
            is_heard=lambda: self.is_heard,
            on_aside=self.asides.append,
            messages=lambda: history,
        )
        self.it.take_on(a_spec(**spec))

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 50)):
            self.now += 0.02
            self.it.tick(self.now)

    def is_put_through(self, announcement: str = "") -> None:
        self.it.put_through(bus.PutThrough("call_1", 0, ID, "Sales", "warm", announcement))

    def becomes(self, state: str, reason: str = "", transfer: str = ID) -> None:
        self.it.became(bus.TransferState(*CALL, transfer, state, reason))

    def has_colleague(self) -> None:
        """The colleague has answered, said hello and heard the brief."""
        self.is_put_through()
        self.wait(0.1)
        self.becomes("answered")
        self.it.heard("Sales, Tom speaking.")
        self.wait(0.1)
        self.sent.clear()


def test_the_caller_is_told_before_anybody_is_dialled() -> None:
    scene = Scene()
    scene.is_idle = False

    scene.is_put_through("I'll get somebody from sales.")
    scene.wait(3)
    assert (scene.said, scene.sent) == (["I'll get somebody from sales."], [])

    scene.is_idle = True
    scene.wait(0.1)
    assert scene.sent == [bus.Transfer(*CALL, ID)]


def test_an_agent_that_has_told_says_it_once() -> None:
    scene = Scene()

    assert scene.it.ask("Sales", has_told=True)
    assert not scene.it.ask("Sales", has_told=True)
    scene.is_put_through("One moment.")
    scene.wait(0.1)

    assert scene.said == []
    assert scene.sent == [bus.Transfer(*CALL, ID)]


@pytest.mark.parametrize("has_told", [True, False])
def test_who_may_not_be_reached_is_not_and_the_caller_hears_of_it(has_told: bool) -> None:
    scene = Scene()
    scene.it.ask("Premium", has_told=has_told)

    scene.becomes("ended", "refused", transfer="")

    assert (scene.it.is_on, scene.sent) == (False, [])
    assert scene.said == [ENGLISH.refused]


def test_a_service_that_does_not_answer_is_not_waited_for() -> None:
    scene = Scene()
    scene.it.ask("Sales", has_told=True)

    scene.wait(5.1)

    assert (scene.it.is_on, scene.said) == (False, [ENGLISH.refused])


def test_the_holder_is_asked_again_until_it_is_known_how_it_ended() -> None:
    scene = Scene()
    scene.is_put_through()

    scene.wait(6.2)
    assert scene.sent == [bus.Transfer(*CALL, ID)] * 4

    scene.wait(60)
    assert scene.sent[-1] == bus.DropTransfer(*CALL, "no_answer")
    assert (scene.it.is_on, scene.said[-1]) == (False, ENGLISH.unavailable.format(name="Sales"))


@pytest.mark.parametrize("reason", ["busy", "no_answer", "rejected", "carrier_error"])
def test_nobody_there_and_the_agent_is_back(reason: str) -> None:
    scene = Scene()
    scene.is_put_through()
    scene.wait(0.1)

    scene.becomes("ringing")
    scene.becomes("ended", reason)

    assert not scene.it.is_on
    assert scene.said[-1] == "I'm sorry, Sales can't take your call right now. Can I help you with anything else?"
    assert scene.asides == []


def test_the_colleague_is_told_who_calls_and_why_after_their_hello() -> None:
    scene = Scene()
    scene.is_put_through()
    scene.wait(0.1)
    scene.becomes("answered")
    scene.is_heard = True
    scene.wait(2)
    assert len(scene.said) == 1

    scene.it.heard("Sales, Tom speaking.")

    assert scene.asides == [True]
    assert scene.said[1] == (
        "Hello, this is Ana, the automated assistant. I have Maria Lopez on the line."
        " They said: I would like to change my order from Tuesday. Shall I put them through?"
    )


def test_a_colleague_who_says_nothing_is_spoken_to() -> None:
    scene = Scene()
    scene.is_put_through()
    scene.wait(0.1)
    scene.becomes("answered")

    scene.wait(2.1)

    assert len(scene.said) == 2


@pytest.mark.parametrize(
    "words", ["Yes, please.", "Yeah sure.", "Okay.", "Please put them through.", "I'll take it.", "Go ahead."]
)
def test_a_yes_connects(words: str) -> None:
    scene = Scene()
    scene.has_colleague()

    scene.it.heard(words)
    scene.wait(0.1)

    assert scene.sent == [bus.Connect(*CALL)]


@pytest.mark.parametrize(
    "words",
    [
        "No, I am busy.",
        "Not now, please.",
        "I can't, sorry.",
        "Tell them to call back later.",
        "No, thank you.",
        "Yes but I can't.",
    ],
)
def test_a_no_does_not(words: str) -> None:
    scene = Scene()
    scene.has_colleague()

    scene.it.heard(words)
    assert scene.said[-1] == ENGLISH.thanks
    scene.wait(0.1)
    assert scene.sent == [bus.DropTransfer(*CALL, "rejected")]
    scene.becomes("ended", "rejected")

    assert scene.asides == [True, False]
    assert scene.said[-1] == ENGLISH.unavailable.format(name="Sales")
    assert not scene.it.is_on


def test_what_is_neither_is_asked_once_more() -> None:
    scene = Scene()
    scene.has_colleague()

    scene.it.heard("Who is this again?")
    assert scene.said[-1] == ENGLISH.question
    scene.wait(0.1)
    scene.it.heard("What order?")
    scene.wait(0.1)

    assert scene.sent == [bus.DropTransfer(*CALL, "rejected")]


def test_a_colleague_who_goes_silent_is_not_waited_for() -> None:
    scene = Scene()
    scene.has_colleague()

    scene.wait(7.1)
    assert scene.said[-1] == ENGLISH.question
    scene.wait(7.2)

    assert scene.sent == [bus.DropTransfer(*CALL, "no_answer")]


def test_a_colleague_who_hangs_up_in_the_brief() -> None:
    scene = Scene()
    scene.has_colleague()

    scene.becomes("ended", "user_hangup")

    assert (scene.it.is_on, scene.asides) == (False, [True, False])


@pytest.mark.parametrize(("key", "item"), [("1", bus.Connect(*CALL)), ("2", bus.DropTransfer(*CALL, "rejected"))])
def test_keys_answer_as_well(key: str, item: bus.Item) -> None:
    scene = Scene()
    scene.has_colleague()

    scene.it.pressed("5")
    scene.it.pressed(key)
    scene.wait(0.1)

    assert scene.sent == [item]


def test_a_machine_is_told_nothing_of_the_caller() -> None:
    scene = Scene()
    scene.is_put_through()
    scene.wait(0.1)
    scene.becomes("answered")

    scene.it.heard("You have reached Tom. Please leave a message after the tone.")
    scene.wait(0.1)

    assert scene.said == [ENGLISH.announcement.format(name="Sales")]
    assert scene.sent[-1] == bus.DropTransfer(*CALL, "voicemail")


def test_a_yes_that_is_not_heard_by_the_holder_is_said_again() -> None:
    scene = Scene()
    scene.has_colleague()
    scene.it.heard("Yes.")

    scene.wait(4.1)

    assert scene.sent == [bus.Connect(*CALL)] * 3


def test_another_worker_goes_on_where_the_first_was() -> None:
    scene = Scene()
    scene.it.resume(PendingTransfer(ID, "Sales"))

    scene.wait(0.1)
    scene.becomes("answered")
    scene.it.heard("Hello?")

    assert scene.sent == [bus.Transfer(*CALL, ID)]
    assert scene.said[0].startswith("Hello, this is Ana")


def test_a_call_that_is_to_end_lets_the_colleague_go() -> None:
    scene = Scene()
    scene.has_colleague()

    scene.it.abandon()

    assert scene.sent == [bus.DropTransfer(*CALL, "canceled")]
    assert (scene.it.is_on, scene.asides) == (False, [True, False])


def test_what_is_said_of_another_transfer_is_nothing_to_this_one() -> None:
    scene = Scene()
    scene.has_colleague()

    scene.becomes("ended", "busy", transfer="transfer_2")

    assert scene.it.is_aside


def test_in_german() -> None:
    scene = Scene(language="de-DE", history=())
    scene.is_put_through()
    scene.wait(0.1)
    scene.becomes("answered")
    scene.it.heard("Verkauf, Müller.")
    scene.wait(0.1)

    scene.it.heard("Ja, gerne.")
    scene.wait(0.1)

    assert scene.said[1].endswith("Darf ich durchstellen?")
    assert scene.sent[-1] == bus.Connect(*CALL)


def test_a_brief_knows_only_what_was_said() -> None:
    text = brief(ENGLISH, "Ana", [Message("user", "Hello?"), Message("user", "I want to speak to a human being.")])

    assert text == (
        "Hello, this is Ana, the automated assistant. I have a caller on the line. Shall I put them through?"
    )


def test_a_brief_is_short_however_long_the_caller_talked() -> None:
    text = brief(ENGLISH, "Ana", [Message("user", "word " * 300)])

    assert len(text.split()) < 50


def test_a_model_is_told_whom_and_when() -> None:
    told = manners([Destination("Sales", "they want to buy"), Destination("Anna", "", "Wait.")], language="en-US")

    assert (
        "- Sales: when they want to buy. Say: “One moment, please. I'll put you through to Sales.” <transfer Sales>"
        in told
    )
    assert "- Anna. Say: “Wait.” <transfer Anna>" in told
    assert manners([], language="en-US") == ""


DESKS = (
    Desk("Sales", "the caller wants to buy a machine", "To sales."),
    Desk("Billing", "the caller has a question about an invoice", "To billing."),
)


@pytest.mark.parametrize(
    ("heard", "name"),
    [
        ("Can I speak to a person please?", "Sales"),
        ("Can I talk to a human about my invoice?", "Billing"),
        ("Put me through to billing.", "Billing"),
        ("I want to buy a machine.", "Sales"),
        ("Please connect me with sales.", "Sales"),
        ("How much is a cleaning?", ""),
        ("Do you have an invoice?", ""),
        ("Transfer me to plus one nine hundred five five five.", "Sales"),
    ],
)
def test_the_embedded_engine_hands_over_whom_it_is_asked_for(heard: str, name: str) -> None:
    house = House(Persona("You are Ana from Oak Dental. A cleaning costs $90.", desks=DESKS))

    reply = house.reply([Message("agent", "Hello, this is Ana."), Message("user", heard)])

    assert reply.transfer == name


def test_an_agent_that_may_transfer_to_nobody_does_not() -> None:
    house = House(Persona("You are Ana from Oak Dental."))

    reply = house.reply([Message("agent", "Hello."), Message("user", "Can I speak to a person please?")])

    assert reply.transfer == ""
