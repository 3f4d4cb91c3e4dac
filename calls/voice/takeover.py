"""What a worker that takes a call over still has to say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from calls import bus
from calls.voice.session import PastTurn
from calls.voice.utterances import MS_A_CHARACTER as MS_A_CHARACTER
from calls.voice.utterances import Piece, Utterance, first_words

_CLAUSE_END = re.compile(r"[.,;:!?]\s+")


@dataclass(frozen=True)
class Resumption:
    """`over`: what is over though nobody has said so. `playing`: what the holder still plays. `rest`: what was not
    sent of the cut thought. `owes_answer`: the caller spoke last, and was not answered."""

    next_utterance: int
    over: Sequence[Utterance] = ()
    playing: Utterance | None = None
    rest: str = ""
    owes_answer: bool = False


def resume(history: Sequence[PastTurn], attached: bus.Attached) -> Resumption:
    """Compare what was said, as it was recorded, with what the holder has of it."""
    known = [turn.utterance or turn.number for turn in history]
    next_utterance = max([attached.utterance, *known]) + 1
    if not history:
        return Resumption(next_utterance)
    *before, last = history
    over = [_over(turn, attached) for turn in before if turn.speaker == "agent" and not turn.is_final]
    if last.speaker == "user":
        return Resumption(next_utterance, over, owes_answer=True)
    if last.is_final:
        return Resumption(next_utterance, over)
    if not attached.utterance or (last.utterance is not None and last.utterance > attached.utterance):
        # It never reached the holder.
        return Resumption(next_utterance, [*over, _over(last, attached)], rest=last.text)

    arrived = attached.played_ms + attached.queued_ms
    total = float(arrived) if attached.is_whole else max(len(last.text) * MS_A_CHARACTER, float(arrived))
    newest = Utterance(
        attached.utterance,
        [Piece(last.text, total)],
        sent_ms=float(arrived),
        played_ms=attached.played_ms,
        start_frame=max(0, attached.spoken_upto - attached.played_ms // bus.FRAME_MS),
        end_frame=attached.spoken_upto,
        is_whole=attached.is_whole,
        # The rest of it will be an utterance of its own.
        is_cut=not attached.is_whole,
    )
    rest = "" if attached.is_whole else rest_of(last.text, first_words(last.text, arrived / total if total else 0.0))
    if attached.queued_ms:
        return Resumption(next_utterance, over, playing=newest, rest=rest)
    return Resumption(next_utterance, [*over, newest], rest=rest)


def known_until(history: Sequence[PastTurn]) -> int:
    """The frame before which all that the caller said is in the transcript, even where the worker that wrote it
    down died before it could tell the holder."""
    return max((turn.end_ms // bus.FRAME_MS for turn in history if turn.speaker == "user"), default=0)


def _over(turn: PastTurn, attached: bus.Attached) -> Utterance:
    """An utterance that others came after: heard, unless it never reached the holder."""
    number = turn.utterance or turn.number
    was_heard = number <= attached.utterance
    ms = len(turn.text) * MS_A_CHARACTER
    return Utterance(
        number,
        [Piece(turn.text, ms)],
        sent_ms=ms,
        played_ms=round(ms) if was_heard else 0,
        end_frame=attached.spoken_upto,
        is_whole=was_heard,
        is_cut=not was_heard,
        is_remembered=True,
    )


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
