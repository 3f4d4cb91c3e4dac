"""The caller's side of a conversation: voice, turns, words and keys, as the pipeline and the leg notice them."""

from __future__ import annotations

from collections.abc import Callable

from calls.audio.framing import FRAME_MS
from calls.voice.session import EventSink
from calls.voice.timing import Stopwatch

# Behind the newest frame nothing has been decided yet.
UNDECIDED_FRAMES = 25
# The words of a turn come right behind its end, if there were any.
WORDS_PATIENCE = 0.2


class Caller:
    """Told what the person does, it reports words to the sink. Frames are numbers on the recording's clock."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        stopwatch: Stopwatch,
        on_words: Callable[[str], None],
        on_voice: Callable[[], None],
        on_unheard: Callable[[int], None],
    ) -> None:
        self._clock = clock
        self._stopwatch = stopwatch
        self._on_words = on_words
        self._on_voice = on_voice
        # With how many segments in a row nobody could make out.
        self._on_unheard = on_unheard
        self._unheard = 0
        self.sink: EventSink
        self.newest_frame = 0
        # How many turns with words there were.
        self.turns = 0
        # The frame where the newest of them ended.
        self.said_upto = 0
        self.is_in_turn = False
        self.is_in_voice = False
        self._voice_began: int | None = None
        self._voice_ended = 0
        self._guess = ""
        self._wordless_at: float | None = None
        self._confirmed = 0

    @property
    def is_speaking(self) -> bool:
        return self.is_in_turn or self.is_in_voice

    # Ears: what the recognizer notices.

    def voice_began(self, frame: int) -> None:
        self.is_in_voice = True
        self._wordless_at = None
        if self._voice_began is None:
            self._voice_began = frame
        self._on_voice()

    def voice_ended(self, frame: int, *, pause: float) -> None:
        self.is_in_voice = False
        self._voice_ended = frame
        self._stopwatch.voice_ended(pause=pause)

    def words_guessed(self, text: str) -> None:
        self._guess = text
        self.sink.interim(speaker="user", text=text)
        self._on_words(text)

    def words_known(self) -> None:
        self._unheard = 0
        self._stopwatch.words_known()

    def recognizer_failed(self, provider: str) -> None:
        self.sink.heed(kind="provider_failed", detail=f"stt {provider}")

    def recognition_failed(self) -> None:
        self._unheard += 1
        self.sink.heed(kind="provider_failed", detail="stt")
        self._on_unheard(self._unheard)

    # What the conversation tells of turns.

    def turn_began(self) -> None:
        self.is_in_turn = True

    def turn_ended(self) -> None:
        self.is_in_turn = False
        self._stopwatch.turn_ended()
        if not self.is_in_voice:
            self._wordless_at = self._clock() + WORDS_PATIENCE

    def said(self, text: str) -> None:
        """A turn's words are known."""
        self.turns += 1
        began = self._voice_began if self._voice_began is not None else self._voice_ended
        end = max(began, self._voice_ended)
        self.sink.user_turn(text=text, start_ms=began * FRAME_MS, end_ms=end * FRAME_MS)
        self.said_upto = end
        self._confirmed = max(self._confirmed, end)
        self._voice_began, self._guess, self._wordless_at = None, "", None
        self._on_words(text)

    def ended_wordless(self) -> bool:
        """Whether a turn has just turned out to have had no words. Tells it once."""
        if self._wordless_at is None or self._clock() < self._wordless_at:
            return False
        self._voice_began, self._guess, self._wordless_at = None, "", None
        return True

    def report_unfinished_words(self) -> None:
        """The leg ended before the turn did: what was understood of it was said all the same."""
        if self._guess and self._voice_began is not None:
            end = max(self._voice_began, self._voice_ended)
            self.sink.user_turn(text=self._guess, start_ms=self._voice_began * FRAME_MS, end_ms=end * FRAME_MS)

    def confirm(self, frame: int) -> None:
        """What came before this frame is in the transcript already."""
        self._confirmed = max(self._confirmed, frame)

    def confirmed_frame(self) -> int:
        """Up to where the words are in a transcript, or there were none."""
        undecided = self._voice_began if self._voice_began is not None else self.newest_frame
        self.confirm(undecided - UNDECIDED_FRAMES)
        return self._confirmed
