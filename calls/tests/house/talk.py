"""A scripted conversation with the engine."""

from __future__ import annotations

from calls.voice.providers.house import House, Message, Persona, Reply


def house(prompt: str, **persona: str) -> House:
    return House(Persona(prompt, **persona))


def talk(engine: House, *lines: str) -> list[Reply]:
    """What the engine replies to each line in turn, after its greeting. A line that begins with "note:" is a note."""
    history = [Message("agent", engine.first_message())]
    replies = []
    for line in lines:
        if line.startswith("note:"):
            history.append(Message("note", line.removeprefix("note:").strip()))
            continue
        history.append(Message("user", line))
        replies.append(engine.reply(history))
        history.append(Message("agent", replies[-1].text))
    return replies


def say(engine: House, *lines: str) -> Reply:
    """The engine's reply to the last line."""
    return talk(engine, *lines)[-1]
