from __future__ import annotations

import asyncio

import numpy as np
import pytest

from calls.audio.g711 import ulaw_decode, ulaw_encode
from calls.tests.voice.stage import RATE, SIZE, a_spec, noise, silence, tone
from calls.voice.voicemail import AnsweringMachine, ToneDetector, is_machine_greeting


def heard_by(detector: ToneDetector, pcm: bytes) -> ToneDetector:
    for at in range(0, len(pcm) - SIZE + 1, SIZE):
        detector.hear(pcm[at : at + SIZE])
    return detector


def test_a_beep_is_found_when_it_is_over():
    detector = heard_by(ToneDetector(RATE), silence(0.5) + tone(0.5))

    assert not detector.has_ended
    heard_by(detector, silence(0.1))
    assert detector.has_ended
    assert 0.4 <= detector.seconds <= 0.6


def test_a_noisy_beep_is_found():
    beep = np.frombuffer(tone(0.5, hz=1400), dtype="<i2") + np.random.default_rng(3).normal(0, 300, RATE // 2)

    detector = heard_by(ToneDetector(RATE), beep.astype("<i2").tobytes() + silence(0.1))

    assert detector.has_ended


def test_noise_and_a_click_are_no_beep():
    detector = heard_by(ToneDetector(RATE), noise(1.0) + tone(0.06) + silence(0.3))

    assert not detector.has_ended


def test_words_of_a_greeting_are_known():
    for greeting in (
        "Hi, you have reached Tom. Please leave a message after the tone.",
        "The person you are calling is not available.",
        "Please record your message at the beep.",
    ):
        machine = AnsweringMachine(RATE)
        machine.hear_words(greeting)
        assert machine.is_machine


def test_a_person_is_not_taken_for_a_machine():
    machine = AnsweringMachine(RATE)

    for words in ("Hello?", "He is not here, can I take a message?", "Who is calling?"):
        machine.hear_words(words)

    assert not machine.is_machine


def ulaw(pcm: bytes) -> bytes:
    return ulaw_decode(ulaw_encode(pcm))


def noisy(pcm: bytes, level: float) -> bytes:
    samples = np.frombuffer(pcm, dtype="<i2") + np.random.default_rng(3).normal(0, level, len(pcm) // 2)
    return samples.clip(-32000, 32000).astype("<i2").tobytes()


@pytest.mark.parametrize("hz", [400, 440, 1000, 1400, 2000])
@pytest.mark.parametrize("seconds", [0.16, 0.3, 1.0])
def test_beeps_of_all_kinds_are_found_in_telephone_sound(hz: float, seconds: float):
    beep = noisy(silence(0.3) + tone(seconds, hz=hz) + silence(0.3), 600)

    assert heard_by(ToneDetector(RATE), ulaw(beep)).has_ended


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(b"".join(tone(0.2, hz=hz) for hz in (440, 494, 523, 587, 523, 494)), id="melody"),
        pytest.param(
            b"".join(tone(0.3, hz=hz) + silence(0.05) for hz in (880, 988, 1047, 1175)) + silence(0.3), id="music box"
        ),
        pytest.param(tone(4.0, hz=425) + silence(0.3), id="dial tone"),
        pytest.param(
            (np.frombuffer(tone(2, hz=440), "<i2") // 2 + np.frombuffer(tone(2, hz=480), "<i2") // 2)
            .astype("<i2")
            .tobytes()
            + silence(0.3),
            id="ringing",
        ),
        pytest.param(noise(2.0) + silence(0.3), id="noise"),
    ],
)
def test_what_is_no_beep(sound: bytes):
    machine = AnsweringMachine(RATE)
    for pcm in (noise(1.0) + silence(0.4), sound):
        for at in range(0, len(pcm) - SIZE + 1, SIZE):
            machine.hear(ulaw(pcm[at : at + SIZE]))

    assert not machine.is_machine


def test_a_tone_before_anybody_spoke_is_the_network_s():
    machine = AnsweringMachine(RATE)
    for pcm in (silence(0.3), tone(1.0, hz=425), silence(0.5)):
        for at in range(0, len(pcm), SIZE):
            machine.hear(pcm[at : at + SIZE])

    assert not machine.is_machine


def test_a_long_hello_is_no_machine():
    machine = AnsweringMachine(RATE)
    hello = noise(9.0) + silence(0.6) + noise(6.0)
    for at in range(0, len(hello), SIZE):
        machine.hear(hello[at : at + SIZE])
    machine.hear_words("Hello, hello, just a moment, I am in the kitchen, who is this please?")

    assert not machine.is_machine


def test_a_menu_is_no_machine_to_an_agent_that_presses_keys():
    menu = "You have reached Acme. For sales, press one."

    for allows_menus in (False, True):
        machine = AnsweringMachine(RATE, allows_menus=allows_menus)
        machine.hear_words(menu)
        assert machine.is_machine is not allows_menus


@pytest.mark.parametrize(
    "words",
    [
        "Bitte hinterlassen Sie eine Nachricht nach dem Signalton.",
        "Der Teilnehmer ist zurzeit nicht erreichbar.",
        "Hier ist der Anrufbeantworter von Anna.",
    ],
)
def test_german_greetings_are_known(words: str):
    assert is_machine_greeting(words)


async def test_a_message_is_left_after_the_beep(make_stage):
    stage = await make_stage(hears=("Hi, this is Tom, please leave a message after the tone.",))
    stage.holder.say(silence(0.1) + noise(1.4) + silence(0.6) + tone(0.5))
    talk = stage.converse(a_spec())

    outcome = await asyncio.wait_for(talk, 15)

    assert (outcome.reason, outcome.by) == ("voicemail_left", "agent")
    assert ("voicemail_detected", "") in stage.record.heeded
    assert stage.record.turns[-1] == ("agent", "Please call Oak Dental back.")
    beep_over = round((0.1 + 1.4 + 0.6 + 0.5) * 1000)
    assert stage.record.times[-1][1] >= beep_over


async def test_a_machine_without_a_beep_gets_the_message_into_its_silence(make_stage):
    stage = await make_stage(hears=("Please leave a message after the tone.",))
    stage.holder.say(silence(0.1) + noise(1.0))
    talk = stage.converse(a_spec())

    outcome = await asyncio.wait_for(talk, 15)

    assert outcome.reason == "voicemail_left"


async def test_an_agent_that_leaves_no_messages_hangs_up(make_stage):
    stage = await make_stage(hears=("Please leave a message after the tone.",))
    stage.holder.say(silence(0.1) + noise(1.0))
    talk = stage.converse(a_spec(voicemail_action="hang_up"))

    outcome = await asyncio.wait_for(talk, 10)

    assert (outcome.reason, outcome.by) == ("voicemail", "agent")
    assert not any(text == "Please call Oak Dental back." for _, text in stage.record.turns)
