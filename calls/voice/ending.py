"""How the agent's side ends a call: the last words, the hang-up behind them, and what if nothing comes of it."""

from __future__ import annotations

# After the hang-up was asked for and the last speech has been played: ask again, then take the leg for lost.
PATIENCE = 4.0


class Ending:
    """Why the call is being ended, once it is; until then, the words that would end it."""

    def __init__(self) -> None:
        # A reply that ends with these words is the last.
        self.last_words = ""
        self.reason = ""
        self.by = ""
        self._asked_at: float | None = None
        self._was_repeated = False

    @property
    def is_decided(self) -> bool:
        return bool(self.reason)

    @property
    def was_asked_for(self) -> bool:
        """Whether the holder has been told to hang up."""
        return self._asked_at is not None

    def decide(self, reason: str, by: str, *, last_words: str = "") -> None:
        self.reason, self.by = reason, by
        self.last_words = last_words or self.last_words

    def were_last_words(self, text: str) -> bool:
        """Whether they were said whole, however the sentences were put together."""
        last = "".join(self.last_words.split())
        return bool(last) and "".join(text.split()).endswith(last)

    def asked_for(self, due_at: float) -> None:
        """The holder was told; the leg should have ended by then."""
        self._asked_at = due_at

    def must_repeat(self, now: float) -> bool:
        if self._asked_at is None or self._was_repeated or now - self._asked_at < PATIENCE:
            return False
        self._was_repeated = True
        return True

    def is_hopeless(self, now: float) -> bool:
        return self._asked_at is not None and now - self._asked_at > 2 * PATIENCE
