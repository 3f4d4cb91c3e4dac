"""The making of one reply in a language of which the engine has but the courtesies."""

from __future__ import annotations

from calls.voice.providers.house import intents, spoken
from calls.voice.providers.house.conversation import Reply
from calls.voice.providers.house.phrases import Phrases, is_english
from calls.voice.providers.house.turn import Turn


def reply_in(foreign: Phrases, turn: Turn) -> Reply:
    """Courtesies in the agent's language; facts only where the prompt is written in it."""
    state, heard = turn.state, turn.state.heard
    if not heard or intents.is_filler(heard):
        return Reply(foreign.unheard if state.said else turn.script.first_message(), kind="unheard")
    for pattern, text, kind in (
        (foreign.heard_person, foreign.person, "wants_person"),
        (foreign.heard_robot, foreign.robot, "robot"),
        (foreign.heard_wait, foreign.wait, "wait"),
        (foreign.heard_repeat, state.last_said or turn.script.first_message(), "repeat"),
    ):
        if pattern.search(heard):
            return Reply(text, kind=kind)
    best = turn.knowledge.index.search(heard, turn.embedder)
    if best and (best[0].coverage >= 0.4 or best[0].meaning >= 0.35):
        text = turn.knowledge.facts[best[0].index].text
        if not is_english(text):
            return Reply(spoken.cut(text), kind="answer")
    if foreign.heard_bye.search(heard) and state.heard_before:
        return Reply(turn.script.goodbye(), ends_call=True, kind="goodbye")
    if foreign.heard_thanks.search(heard):
        return Reply(f"{foreign.welcome} {foreign.anything}", kind="thanks")
    if foreign.heard_hello.search(heard) and len(heard.split()) <= 5:
        return Reply(foreign.hello, kind="smalltalk")
    return Reply(f"{foreign.unknown} {foreign.anything}", kind="unknown")
