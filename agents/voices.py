"""The catalogue of voices, and who speaks them here.

A voice is a promise to customers: its id stays. Where no configured provider has it, the nearest one that is installed
speaks it: the same language, then the same gender.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Voice:
    id: str
    name: str
    language: str
    gender: str
    # Who has it. `house` is spoken by the speech process, under the voice's own id.
    provider: str

    @property
    def is_installed(self) -> bool:
        return self.provider == HOUSE


HOUSE: Final = "house"

# The first is the one that speaks where nothing nearer is installed.
CATALOGUE: Final[tuple[Voice, ...]] = (
    Voice("joe", "Joe", "en-US", "male", HOUSE),
    Voice("en-US-Neural2-A", "Andrew", "en-US", "male", "google"),
    Voice("en-US-Neural2-C", "Clara", "en-US", "female", "google"),
    Voice("en-US-Neural2-D", "Daniel", "en-US", "male", "google"),
    Voice("en-US-Neural2-E", "Erin", "en-US", "female", "google"),
    Voice("en-US-Neural2-F", "Fiona", "en-US", "female", "google"),
    Voice("en-US-Neural2-G", "Grace", "en-US", "female", "google"),
    Voice("en-US-Neural2-H", "Hannah", "en-US", "female", "google"),
    Voice("en-US-Neural2-I", "Isaac", "en-US", "male", "google"),
    Voice("en-US-Neural2-J", "Jack", "en-US", "male", "google"),
    Voice("en-GB-Neural2-A", "Alice", "en-GB", "female", "google"),
    Voice("en-GB-Neural2-B", "Benjamin", "en-GB", "male", "google"),
    Voice("en-AU-Neural2-A", "Amelia", "en-AU", "female", "google"),
    Voice("en-AU-Neural2-B", "Blake", "en-AU", "male", "google"),
)

_BY_ID: Final = {voice.id: voice for voice in CATALOGUE}


def find(voice_id: str) -> Voice | None:
    """The voice of this id."""
    return _BY_ID.get(voice_id)


def spoken_by(voice: Voice) -> Voice:
    """The installed voice that is heard where this one is asked for."""
    if voice.is_installed:
        return voice

    installed = [candidate for candidate in CATALOGUE if candidate.is_installed]
    return min(installed, key=lambda candidate: _distance(voice, candidate))


def speaker_of(voice_id: str) -> str:
    """What the speech process calls the voice that speaks for this id; the default voice for an id nobody knows."""
    return spoken_by(find(voice_id) or CATALOGUE[0]).id


def _distance(voice: Voice, candidate: Voice) -> tuple[bool, bool, bool]:
    """Unlike languages weigh most, then unlike regions of one, then unlike genders."""
    return (
        voice.language.partition("-")[0] != candidate.language.partition("-")[0],
        voice.language != candidate.language,
        voice.gender != candidate.gender,
    )
