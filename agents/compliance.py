"""What an agent owes whom it calls: an announcement that it records, a question for consent, and not to call too often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.utils.translation import gettext as _

TEXT_MAX: Final = 1_000
MOST_CALLS: Final = 1_000
IF_NO: Final = ("hang_up", "go_on_unrecorded")
RECORD_FROM: Final = ("answer", "consent")


class BadCompliance(ValueError):
    """It cannot be kept like that; says why."""


@dataclass(frozen=True)
class Consent:
    """A question, what becomes of a no, and whether anything is recorded before the yes."""

    ask: str
    if_no: Literal["hang_up", "go_on_unrecorded"]
    record_from: Literal["answer", "consent"]

    def as_json(self) -> dict[str, Any]:
        return {"ask": self.ask, "if_no": self.if_no, "record_from": self.record_from}


@dataclass(frozen=True)
class Compliance:
    """None: there is none of it."""

    recording_announcement: str | None = None
    consent: Consent | None = None
    max_calls_per_day: int | None = None
    max_calls_per_week: int | None = None

    @property
    def waits_for_consent(self) -> bool:
        """Whether nothing is recorded before somebody said yes."""
        return self.consent is not None and self.consent.record_from == "consent"

    def as_json(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return {
            "recording_announcement": self.recording_announcement,
            "consent": None if self.consent is None else self.consent.as_json(),
            "max_calls_per_day": self.max_calls_per_day,
            "max_calls_per_week": self.max_calls_per_week,
        }


NONE: Final = Compliance()


def read(given: Mapping[str, Any]) -> Compliance:
    """What was sent, or is kept. Raises BadCompliance."""
    if not given:
        return NONE
    return Compliance(
        recording_announcement=_words(given.get("recording_announcement")),
        consent=_consent(given.get("consent")),
        max_calls_per_day=_number(given.get("max_calls_per_day")),
        max_calls_per_week=_number(given.get("max_calls_per_week")),
    )


def _consent(given: Mapping[str, Any] | None) -> Consent | None:
    if given is None:
        return None
    ask = _words(given.get("ask"))
    if ask is None:
        raise BadCompliance(_("A consent needs its question, in 'ask'."))
    if_no, record_from = given.get("if_no", "hang_up"), given.get("record_from", "consent")
    if if_no not in IF_NO or record_from not in RECORD_FROM:
        raise BadCompliance(_("A consent has 'if_no': hang_up or go_on_unrecorded, 'record_from': answer or consent."))
    if (if_no, record_from) == ("go_on_unrecorded", "answer"):
        raise BadCompliance(_("Who may go on unrecorded is not recorded before the answer: 'record_from' is consent."))
    return Consent(ask, if_no, record_from)


def _words(given: object) -> str | None:
    text = " ".join(str(given or "").split())
    if len(text) > TEXT_MAX:
        raise BadCompliance(_("At most %(most)d characters.") % {"most": TEXT_MAX})
    if text and not any(character.isalnum() for character in text):
        raise BadCompliance(_("There is no word to say in this."))
    return text or None


def _number(given: object) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_CALLS:
        raise BadCompliance(_("Calls to one number are 1 to %(most)d.") % {"most": MOST_CALLS})
    return given
