"""What the agent says first of all: that the call is recorded, and whether that may be. The answer decides."""

from __future__ import annotations

import re
from typing import Final, Literal

from calls.voice.session import SessionSpec

Answer = Literal["given", "refused", "unclear"]

# How often it is asked before silence on the matter is a no.
MOST_QUESTIONS: Final = 2

_NO: Final = re.compile(
    r"\b(?:no|nope|nah|not|never|don'?t|do not|refuse|rather not|stop recording|without (?:a )?recording"
    r"|nein|nee|nicht|kein(?:e|en)?|lieber nicht|auf keinen fall)\b",
    re.IGNORECASE,
)
_YES: Final = re.compile(
    r"\b(?:yes|yeah|yep|yup|sure|okay|ok|of course|fine|go ahead|all ?right|certainly|absolutely|please do|i agree|i consent|you may|you can"
    r"|no problem|don'?t mind|do not mind|not a problem"
    r"|ja|jawohl|klar|gerne?|natürlich|in ordnung|einverstanden|selbstverständlich|kein problem|nichts dagegen|okay|meinetwegen)\b",
    re.IGNORECASE,
)
# A no in them is none.
_NO_MATTER: Final = re.compile(
    r"\b(?:no problem|don'?t mind|do not mind|not a problem|why not|kein problem|nichts dagegen|warum nicht)\b",
    re.IGNORECASE,
)


def answer_of(words: str) -> Answer:
    """What somebody said to the question. A no anywhere in it is a no."""
    said = words.replace("\u2019", "'")
    rest = _NO_MATTER.sub(" ", said)
    if _NO.search(rest):
        return "refused"
    return "given" if _YES.search(said) or rest != said else "unclear"


class Consenting:
    """Where the call is with it."""

    def __init__(self, spec: SessionSpec) -> None:
        self._spec = spec
        self._asked = 0
        # Whether the person's next words are their answer.
        self.is_open = False
        # Whether what must be heard whole is being said.
        self.is_speaking = False
        if spec.history and spec.consent_ask and not spec.consent_answer:
            # Another worker has asked it.
            self._asked, self.is_open = 1, True

    @property
    def first_words(self) -> str:
        """What is said before everything else; empty: nothing."""
        ask = self._spec.consent_ask if not self._spec.consent_answer else ""
        return " ".join(text for text in (self._spec.recording_announcement, ask) if text)

    def begin(self) -> None:
        """The first words are being said."""
        self.is_speaking = True
        if self._spec.consent_ask and not self._spec.consent_answer:
            self._asked, self.is_open = 1, True

    def take(self, words: str) -> Answer:
        """The person's answer; "unclear" where it is to be asked again."""
        answer = answer_of(words)
        if answer == "unclear" and self._asked < MOST_QUESTIONS:
            self._asked += 1
            return answer
        self.is_open = False
        return "refused" if answer == "unclear" else answer
