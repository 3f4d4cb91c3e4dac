"""What the engine says without being asked, other languages, threads and speed."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from calls.tests.house.personas import DENTAL, REMINDER, SEEN
from calls.tests.house.talk import house, say
from calls.voice.providers.house import Embedder, House, Message, Persona


def test_silence_and_goodbyes() -> None:
    engine = house(DENTAL.prompt)

    assert engine.silence_prompt(1) == "Are you still there?"
    assert engine.silence_prompt(2) != engine.silence_prompt(1)
    for reason in ("max_duration", "silence_timeout", "credits_exhausted", ""):
        assert engine.goodbye(reason).endswith("Goodbye.")


def test_voicemail_says_who_and_why() -> None:
    message = house(REMINDER.prompt).voicemail_message()

    assert "Lakeside Clinic" in message
    assert "Tuesday, March 3rd" in message


def test_goes_on_after_an_interruption() -> None:
    assert (
        house("").continuation("The office is at 48 Maple Avenue.")
        == "Sorry, as I was saying: the office is at 48 Maple Avenue."
    )
    assert house("").continuation("  ") == ""


@pytest.mark.parametrize(
    ("language", "greeting", "heard", "text"),
    [
        ("es-ES", "Hola, ¿en qué puedo ayudarle?", "¿Cuánto cuesta?", "Lo siento, eso no lo sé."),
        ("de-DE", "Hallo, wie kann ich Ihnen helfen?", "Was kostet das?", "Das weiß ich leider nicht."),
        ("fr-FR", "Bonjour, comment puis-je vous aider ?", "Combien ça coûte ?", "Je suis désolé, je ne le sais pas."),
        ("hi-IN", "नमस्ते, मैं आपकी क्या मदद कर सकती हूँ?", "कितना?", "माफ़ कीजिए, यह मुझे नहीं पता।"),
    ],
)
def test_another_language_is_courteous(language: str, greeting: str, heard: str, text: str) -> None:
    engine = house("", language=language)

    assert engine.first_message() == greeting
    assert say(engine, heard).text.startswith(text)


def test_a_spanish_prompt_answers_in_spanish() -> None:
    engine = house(
        "Clínica Sol.\nUna limpieza cuesta 60 euros.\nAbrimos de lunes a viernes de 9 a 18.", language="es-MX"
    )

    assert say(engine, "Hola", "¿Cuánto cuesta una limpieza?").text == "Una limpieza cuesta 60 euros."
    assert say(engine, "Hola", "Gracias, adiós").ends_call


def test_many_threads_get_the_same_answers(embedder: Embedder) -> None:
    def ask(n: int) -> str:
        engine = House(Persona(DENTAL.prompt), embedder=embedder)
        return engine.reply([Message("agent", "Hello."), Message("user", DENTAL.clean[n % 14][0])]).text

    alone = [ask(n) for n in range(14)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(ask, range(56)))

    assert together == alone * 4


def test_is_quick(embedder: Embedder) -> None:
    without: list[float] = []
    with_meaning: list[float] = []
    for case in SEEN:
        for engine, times in (
            (House(Persona(case.prompt)), without),
            (House(Persona(case.prompt), embedder=embedder), with_meaning),
        ):
            engine.prepare()
            for said, _ in case.clean:
                history = [
                    Message("agent", engine.first_message()),
                    *[Message("user", "Okay"), Message("agent", "All right.")] * 20,
                    Message("user", said),
                ]
                before = time.perf_counter()
                engine.reply(history)
                times.append(time.perf_counter() - before)

    # The median: on a shared machine the slowest one measures the neighbours.
    assert statistics.median(without) < 0.030
    assert statistics.median(with_meaning) < 0.150
