from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from calls.voice.keypad import FIRST_DIGIT, MOST_PRESSES, Finger, Keypad, KeypadRules, Pressed, choose, manners
from calls.voice.providers.llm import MARK, _carry_out


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def keypad_with(clock: Clock, rules: KeypadRules | None = None) -> Keypad:
    keypad = Keypad(clock)
    keypad.rules = rules or KeypadRules()
    return keypad


def press(keypad: Keypad, digits: str) -> None:
    for digit in digits:
        keypad.press(digit)


def test_digits_that_nobody_asked_for_are_complete_after_a_pause(clock: Clock) -> None:
    keypad = keypad_with(clock)
    press(keypad, "42")

    assert keypad.take() is None
    clock.now = 1.6
    assert keypad.take() == Pressed("42")
    assert keypad.take() is None


def test_a_choice_is_known_at_once(clock: Clock) -> None:
    keypad = keypad_with(clock, KeypadRules(choices=(("1", "opening hours"),)))
    press(keypad, "1")

    assert keypad.take() == Pressed("1", "opening hours")


def test_as_many_digits_as_were_asked_for(clock: Clock) -> None:
    keypad = keypad_with(clock)
    keypad.collect(4, 4)
    press(keypad, "123")
    assert keypad.take() is None

    press(keypad, "4")

    assert keypad.take() == Pressed("1234", was_asked=True)
    assert not keypad.is_collecting


def test_the_terminator_ends_digits_and_is_none_of_them(clock: Clock) -> None:
    keypad = keypad_with(clock)
    keypad.collect(2, 12)
    press(keypad, "123#")

    assert keypad.take() == Pressed("123", was_asked=True)


def test_a_pause_ends_digits_when_there_are_enough(clock: Clock) -> None:
    keypad = keypad_with(clock, KeypadRules(digit_timeout=2.0))
    keypad.collect(2, 12)
    press(keypad, "123")
    clock.now = 1.9
    assert keypad.take() is None
    clock.now = 2.0

    assert keypad.take() == Pressed("123", was_asked=True)


def test_too_few_digits_are_asked_for_again_and_in_the_end_taken_as_they_are(clock: Clock) -> None:
    keypad = keypad_with(clock)
    keypad.collect(4, 4)
    for _ in range(2):
        press(keypad, "12#")
        assert keypad.take() == "incomplete"
    press(keypad, "12#")

    assert keypad.take() == Pressed("12", was_asked=True)


def test_who_presses_nothing_is_reminded_twice(clock: Clock) -> None:
    keypad = keypad_with(clock)
    keypad.collect(4, 4)
    found = []
    for _ in range(3):
        clock.now += FIRST_DIGIT
        found.append(keypad.take())

    assert found == ["nothing", "nothing", Pressed("", was_asked=True)]
    assert keypad.take() is None


def test_the_time_for_the_first_digit_begins_after_the_question(clock: Clock) -> None:
    keypad = keypad_with(clock)
    keypad.collect(4, 4)
    clock.now = 20.0
    keypad.wait()

    assert keypad.take() is None


def test_who_answers_by_voice_is_not_reminded(clock: Clock) -> None:
    keypad = keypad_with(clock)
    keypad.collect(4, 4)
    keypad.stop()
    clock.now = 60.0

    assert keypad.take() is None


def test_nobody_presses_without_end(clock: Clock) -> None:
    keypad = keypad_with(clock)
    press(keypad, "1" * 500)
    clock.now = 2.0

    taken = keypad.take()
    assert isinstance(taken, Pressed)
    assert len(taken.digits) == 32


def test_the_agent_presses_with_pauses(clock: Clock) -> None:
    sent: list[tuple[float, str]] = []
    finger = Finger(clock, lambda digits: sent.append((round(clock.now, 1), digits)))

    assert finger.press("1ww20#") == "120#"
    while finger.is_busy:
        finger.tick(clock.now)
        clock.now += 0.1

    assert [digits for _, digits in sent] == ["1", "20#"]
    assert sent[1][0] - sent[0][0] >= 1.0


def test_the_agent_presses_only_keys_and_only_so_often(clock: Clock) -> None:
    sent: list[str] = []
    finger = Finger(clock, sent.append)
    assert finger.press("hello!") == ""

    for _ in range(MOST_PRESSES + 5):
        finger.press("9" * 100)
        finger.tick(clock.now)
        clock.now += 100

    assert len(sent) == MOST_PRESSES
    assert {len(digits) for digits in sent} == {32}


@pytest.mark.parametrize(
    ("heard", "key"),
    [
        ("For sales, press one. For billing, press two. To repeat this, press nine.", "2"),
        ("Press 1 for sales, press 2 for billing.", "2"),
        ("Für den Verkauf drücken Sie die eins. Für billing drücken Sie die 3.", "3"),
        ("For sales, press one.", ""),
        ("Press two right now, please.", ""),
        ("How much is billing?", ""),
    ],
)
def test_a_menu_is_understood(heard: str, key: str) -> None:
    assert choose(heard, "a question about billing") == key


def test_a_model_is_told_of_keys() -> None:
    told = manners(KeypadRules(choices=(("1", "opening hours"),), may_press=True, wanted="billing"))

    assert "1: opening hours" in told
    assert "<press 1>" in told
    assert "<press" not in manners(KeypadRules())


class Mind:
    def __init__(self) -> None:
        self.done: list[tuple[object, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given, **_named: self.done.append((name, *given))


@pytest.mark.parametrize(
    ("mark", "done"),
    [
        ("<digits 4>", ("collects", 4, 4)),
        ("<digits 4-12>", ("collects", 4, 12)),
        ("<press 1w204#>", ("presses", "1w204#")),
        ("<transfer Sales>", ("transfers_to", "Sales")),
        ("<pause recording>", ("records", False)),
        ("<resume recording>", ("records", True)),
    ],
)
def test_a_mark_is_carried_out(mark: str, done: tuple[object, ...]) -> None:
    mind = Mind()
    assert MARK.fullmatch(mark)

    _carry_out(cast(Any, mind), mark, after="Yes.")

    assert mind.done == [done]


@pytest.mark.parametrize("text", ["<press call mum>", "<press >", "<digits many>", f"<press {'9' * 33}>"])
def test_what_is_no_mark(text: str) -> None:
    assert MARK.search(text) is None
