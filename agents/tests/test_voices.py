"""`/v1/voices`, and who speaks."""

from __future__ import annotations

from typing import Any

import pytest

from agents import voices


@pytest.mark.django_db
def test_the_catalogue(api: Any) -> None:
    r = api.get("/v1/voices?limit=100")

    body = r.json()
    assert r.status_code == 200
    assert (body["total"], body["limit"], body["offset"]) == (len(voices.CATALOGUE), 100, 0)
    assert {voice["id"]: voice for voice in body["data"]}["en-US-Neural2-F"] == {
        "id": "en-US-Neural2-F",
        "name": "Fiona",
        "language": "en-US",
        "gender": "female",
        "provider": "google",
        "preview_url": "http://127.0.0.1:8000/files/voices/en-US-Neural2-F.wav",
        "spoken_by": "joe",
    }


@pytest.mark.django_db
def test_a_page_of_a_language(api: Any) -> None:
    body = api.get("/v1/voices?language=en-GB&limit=1&offset=1").json()

    assert [voice["id"] for voice in body["data"]] == ["en-GB-Neural2-B"]
    assert body["total"] == 2


def test_ids_are_unique() -> None:
    assert len({voice.id for voice in voices.CATALOGUE}) == len(voices.CATALOGUE)


def test_an_installed_voice_speaks_for_itself() -> None:
    assert voices.speaker_of("joe") == "joe"


@pytest.mark.parametrize("voice_id", ["en-US-Neural2-F", "en-AU-Neural2-B", "gone"])
def test_the_nearest_installed_voice_speaks(voice_id: Any) -> None:
    assert voices.speaker_of(voice_id) == "joe"
