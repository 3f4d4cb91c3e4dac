"""What the agent says: how much of it was sent ahead, and how much the person has heard.

Speech goes to the leg's holder faster than it is played, so only the holder's marks tell what was heard. An
utterance is over when they say so, and its text is then cut to what was heard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from calls import bus
from calls.audio.framing import BYTES_PER_SAMPLE, FRAME_MS, frame_bytes
from calls.voice.session import EventSink, Stages

# How long the holder may take to say what was heard of flushed speech.
FLUSH_PATIENCE = 1.0
# Past the end of all that was sent, with no word from the holder: take it as played.
PLAY_PATIENCE = 3.0


# Speech takes about this long, where nothing better is known.
MS_A_CHARACTER = 62.0
# As long as the next sentence may be, in milliseconds of speech.
NEXT_SENTENCE_MS = 3000.0
MOST_HOLD_SECONDS = 0.4


@dataclass
class Piece:
    """A text that was synthesized as one, and how long its speech is so far."""

    text: str
    ms: float = 0.0


@dataclass
class Utterance:
    number: int
    pieces: list[Piece] = field(default_factory=list)
    sent_ms: float = 0.0
    played_ms: int = 0
    start_frame: int | None = None
    end_frame: int = 0
    is_whole: bool = False
    is_cut: bool = False
    is_over: bool = False
    # Its text is part of the conversation already.
    is_remembered: bool = False
    # By the loop's clock: when all that was sent must have been played.
    due_at: float = 0.0
    # Nothing of it is sent before so much of it is there, or this time has come.
    lead_ms: float = 0.0
    held_until: float = 0.0

    @property
    def text(self) -> str:
        return " ".join(piece.text.strip() for piece in self.pieces)

    def heard_text(self) -> str:
        """The words within `played_ms`; all of them once the whole was played."""
        if self.is_whole and not self.is_cut and self.played_ms >= self.sent_ms - FRAME_MS:
            return self.text
        heard: list[str] = []
        left = float(self.played_ms)
        for piece in self.pieces:
            if left >= piece.ms > 0:
                heard.append(piece.text.strip())
                left -= piece.ms
                continue
            if piece.ms > 0:
                heard.append(first_words(piece.text, left / piece.ms))
            break
        return " ".join(part for part in heard if part)


def first_words(text: str, share: float) -> str:
    """The words that lie wholly within this share of the text."""
    if share <= 0:
        return ""
    reach = len(text.strip()) * share
    kept: list[str] = []
    length = 0
    for word in text.split():
        length += len(word)
        if length > reach + 1:
            break
        kept.append(word)
        length += 1
    return " ".join(kept)


def _lead_ms(text: str, stages: Stages | None) -> float:
    """How much of a reply must be there before it begins, by how long its first sentence took to be made.

    On a machine that has time the first sentence outlasts the making of the second, and is sent at once.
    """
    if stages is None or not stages.tts or not text.strip():
        return 0.0
    return stages.tts / (len(text.strip()) * MS_A_CHARACTER) * NEXT_SENTENCE_MS


class Utterances:
    """The agent's side of one call. Synchronous; lives on the loop."""

    def __init__(
        self,
        *,
        send: Callable[[bus.Item], None],
        address: Callable[[], tuple[str, int]],
        clock: Callable[[], float],
        on_started: Callable[[], None],
        on_stopped: Callable[[], None],
        on_over: Callable[[Utterance], None],
    ) -> None:
        self._send = send
        self._address = address
        self._clock = clock
        self._on_started = on_started
        self._on_stopped = on_stopped
        self._on_over = on_over
        self.sink: EventSink | None = None
        self.rate = 8000
        self._next_number = 1
        self._by_context: dict[str, Utterance] = {}
        self._open: list[Utterance] = []
        self._rest = bytearray()
        self._flushed_at: float | None = None
        self._is_sounding = False

    # What is being said.

    @property
    def is_sounding(self) -> bool:
        """Whether the person hears the agent, or is about to: speech was sent that is not over."""
        return self._is_sounding

    @property
    def is_open(self) -> bool:
        """Whether anything said or being made is not over yet."""
        return bool(self._open)

    @property
    def left_ms(self) -> float:
        return sum(max(0.0, one.sent_ms - one.played_ms) for one in self._open)

    @property
    def newest(self) -> Utterance | None:
        return self._open[-1] if self._open else None

    def number_from(self, number: int) -> None:
        """The next utterance gets this number at least."""
        self._next_number = max(self._next_number, number)

    def adopt(self, utterance: Utterance, *, is_over: bool) -> None:
        """Take over an utterance that another worker sent: the holder still plays it, or has played it."""
        utterance.due_at = self._clock() + utterance.sent_ms / 1000 + PLAY_PATIENCE
        self._open.append(utterance)
        if is_over:
            self._close(utterance)
        else:
            self._sounds()

    def begin(self, context_id: str, text: str, stages: Stages | None) -> Piece:
        """The first sound of `text` has been made: report it, before anything of it is sent."""
        utterance = self._by_context.get(context_id)
        if utterance is None or utterance.is_over or utterance.is_cut:
            utterance = Utterance(self._next_number, lead_ms=_lead_ms(text, stages))
            utterance.held_until = self._clock() + MOST_HOLD_SECONDS
            self._next_number += 1
            self._by_context = {context_id: utterance, **self._by_context}
            self._open.append(utterance)
        piece = Piece(text)
        utterance.pieces.append(piece)
        if self.sink is not None:
            self.sink.agent_turn_started(utterance=utterance.number, text=text.strip(), stages=stages)
        return piece

    def sound(self, context_id: str, pcm: bytes) -> None:
        """Send speech on, in whole frames."""
        utterance = self._by_context.get(context_id)
        if utterance is None or utterance.is_cut:
            return
        self._rest += pcm
        if not self._is_held(utterance):
            self._send_whole_frames(utterance)

    def _is_held(self, utterance: Utterance) -> bool:
        """Whether its beginning is kept back, so that the person hears no hole after it."""
        if utterance.sent_ms or self._clock() >= utterance.held_until:
            return False
        return len(self._rest) * 1000 / (self.rate * BYTES_PER_SAMPLE) < utterance.lead_ms

    def _send_whole_frames(self, utterance: Utterance) -> None:
        whole = len(self._rest) - len(self._rest) % frame_bytes(self.rate)
        if whole:
            self._speak(utterance, bytes(self._rest[:whole]), is_last=False)
            del self._rest[:whole]

    def finish(self, context_id: str) -> Utterance | None:
        """No more of this utterance comes."""
        utterance = self._by_context.pop(context_id, None)
        if utterance is None or utterance.is_cut:
            return None
        rest = bytes(self._rest)
        self._rest.clear()
        if rest:
            rest = rest.ljust(frame_bytes(self.rate), b"\0")
        utterance.is_whole = True
        self._speak(utterance, rest, is_last=True)
        return utterance

    def _speak(self, utterance: Utterance, pcm: bytes, *, is_last: bool) -> None:
        call, token = self._address()
        self._send(bus.Speech(call, token, utterance.number, pcm, is_last))
        ms = len(pcm) * 1000 / (self.rate * BYTES_PER_SAMPLE)
        now = self._clock()
        latest = max((one.due_at for one in self._open if one.sent_ms), default=0.0)
        utterance.sent_ms += ms
        utterance.due_at = max(now + PLAY_PATIENCE, latest) + ms / 1000
        self._sounds()

    def flush(self) -> bool:
        """The person interrupts: drop what was not played. Tells whether there was anything."""
        self._rest.clear()
        self._by_context.clear()
        if not self._open:
            return False
        if any(one.sent_ms for one in self._open):
            self._send(bus.Flush(*self._address()))
            self._flushed_at = self._clock()
        for one in list(self._open):
            one.is_cut = True
            if not one.sent_ms:
                self._close(one)
        return True

    def played(self, mark: bus.Played) -> None:
        """A mark of the holder's."""
        utterance = next((one for one in self._open if one.number == mark.utterance), None)
        if utterance is None:
            return
        utterance.played_ms = max(utterance.played_ms, mark.played_ms)
        utterance.end_frame = mark.frame
        if utterance.start_frame is None and mark.played_ms >= 0:
            utterance.start_frame = max(0, mark.frame - mark.played_ms // FRAME_MS)
        if mark.is_over:
            # What came before it is over as well; of what was flushed behind it nothing will be heard.
            for one in self._open[: self._open.index(utterance)]:
                self._close(one)
            self._close(utterance)
            if self._flushed_at is not None:
                for one in [one for one in self._open if one.is_cut]:
                    self._close(one)

    def tick(self) -> None:
        """Close what the holder has said nothing about for too long."""
        now = self._clock()
        for one in self._by_context.values():
            if self._rest and not one.sent_ms and not one.is_cut and now >= one.held_until:
                self._send_whole_frames(one)
        if self._flushed_at is not None and now - self._flushed_at > FLUSH_PATIENCE:
            for one in [one for one in self._open if one.is_cut]:
                self._close(one)
        for one in [one for one in self._open if (one.is_whole or one.is_cut) and one.sent_ms and now > one.due_at]:
            one.played_ms = max(one.played_ms, int(one.sent_ms))
            self._close(one)

    def close(self) -> None:
        """The leg has ended: what is open was heard as far as the last mark said."""
        for one in list(self._open):
            one.is_cut = True
            self._close(one)

    def _close(self, utterance: Utterance) -> None:
        if utterance.is_over:
            return
        utterance.is_over = True
        self._open.remove(utterance)
        if not any(one.is_cut for one in self._open):
            self._flushed_at = None
        heard = utterance.heard_text()
        start = utterance.start_frame if utterance.start_frame is not None else utterance.end_frame
        if self.sink is not None:
            self.sink.agent_turn_ended(
                utterance=utterance.number,
                text=heard,
                start_ms=start * FRAME_MS,
                end_ms=max(start, utterance.end_frame) * FRAME_MS,
                was_interrupted=utterance.is_cut,
            )
        self._on_over(utterance)
        if self._is_sounding and not any(one.sent_ms for one in self._open):
            self._is_sounding = False
            self._on_stopped()

    def _sounds(self) -> None:
        if not self._is_sounding:
            self._is_sounding = True
            self._on_started()
