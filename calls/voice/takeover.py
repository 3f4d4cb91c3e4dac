"""What a worker that takes a call over still has to say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from calls import bus
from calls.voice.session import PastTurn
from calls.voice.utterances import Piece, Utterance, first_words

# Speech takes about this long, where nothing better is known.
MS_A_CHARACTER = 62.0
_CLAUSE_END = re.compile(r"[.,;:!?]\s+")


@dataclass(frozen=True)
class Resumption:
    """`playing`: what the holder still plays or has just played. `rest`: what was not sent of the cut thought.
    `owes_answer`: the caller spoke last, and was not answered."""

    next_utterance: int
    playing: Utterance | None = None
    rest: str = ""
    owes_answer: bool = False


def resume(history: Sequence[PastTurn], attached: bus.Attached) -> Resumption:
    """Compare what was said, as it was recorded, with what the holder has of it."""
    known = [turn.utterance or turn.number for turn in history]
    next_utterance = max([attached.utterance, *known]) + 1
    last = history[-1] if history else None
    if last is None or last.speaker == "user":
        return Resumption(next_utterance, owes_answer=last is not None)
    if last.is_final:
        return Resumption(next_utterance)
    if last.utterance is not None and last.utterance > attached.utterance:
        return Resumption(next_utterance, rest=last.text)
    if not attached.utterance:
        return Resumption(next_utterance, rest=last.text)

    arrived = attached.played_ms + attached.queued_ms
    spoken_upto = attached.spoken_upto or attached.frame
    total = float(arrived) if attached.is_whole else max(len(last.text) * MS_A_CHARACTER, float(arrived))
    playing = Utterance(
        attached.utterance,
        [Piece(last.text, total)],
        sent_ms=float(arrived),
        played_ms=attached.played_ms,
        start_frame=max(0, spoken_upto - attached.played_ms // bus.FRAME_MS),
        end_frame=spoken_upto,
        is_whole=attached.is_whole,
        # The rest of it will be an utterance of its own.
        is_cut=not attached.is_whole,
    )
    rest = "" if attached.is_whole else rest_of(last.text, first_words(last.text, arrived / total if total else 0.0))
    return Resumption(next_utterance, playing=playing, rest=rest)


def rest_of(text: str, heard: str) -> str:
    """What to say so that a thought cut off after `heard` is finished: from the clause that was cut on."""
    text = " ".join(text.split())
    begin = 0
    for end in _CLAUSE_END.finditer(text):
        if end.end() > len(heard) + 1:
            break
        begin = end.end()
    rest = text[begin:].strip()
    return rest[:1].upper() + rest[1:]


class Resuming:
    """Waits for the moment to go on after a take-over: only into silence, once the kept audio is through, and
    unless it holds words, which get their answer."""

    # Kept audio, or words in it, that do not come through by then will not.
    PATIENCE = 3.0

    def __init__(self, resumption: Resumption, *, replay_until: int, now: float) -> None:
        self.resumption = resumption
        self._replay_until = replay_until
        self._begun_at = now
        self._has_voice = False

    def hear(self, frame: int, *, is_voice: bool) -> None:
        if frame < self._replay_until and is_voice:
            self._has_voice = True

    def is_due(self, now: float, *, newest_frame: int, is_speaking: bool) -> bool:
        if is_speaking:
            return False
        is_waiting = self._has_voice or newest_frame + 1 < self._replay_until
        return not is_waiting or now - self._begun_at >= self.PATIENCE
