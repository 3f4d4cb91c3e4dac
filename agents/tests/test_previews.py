"""The samples of voices: asked of the speech process once, kept, and playable in a browser."""

from __future__ import annotations

import io
import json
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from agents import previews
from agents.voices import CATALOGUE

SECOND = b"\1\0" * previews.RATE


@pytest.fixture
def speech(settings: Any, tmp_path: Path) -> Iterator[Any]:
    """Where the speech process is: answers a second of sound, and remembers what was wished."""

    class Handler(BaseHTTPRequestHandler):
        wishes: list[Any] = []
        status = 200

        def do_POST(self) -> None:
            self.wishes.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(self.status)
            self.send_header("Content-Length", str(len(SECOND)))
            self.end_headers()
            self.wfile.write(SECOND)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    settings.SPEECH_URL = f"http://127.0.0.1:{server.server_port}"
    settings.VAR_DIR = tmp_path
    yield Handler
    server.shutdown()
    server.server_close()
    thread.join()


def play(voice_id: str, **headers: str) -> Any:
    return Client(enforce_csrf_checks=True).get(f"/files/voices/{voice_id}.wav", headers=headers)


def test_a_sample_is_made_once(speech: Any) -> None:
    first, second, of_another = play("joe"), play("joe"), play("en-US-Neural2-F")

    assert (first.status_code, first.headers["Content-Type"]) == (200, "audio/wav")
    body = b"".join(first)
    assert b"".join(second) == b"".join(of_another) == body
    with wave.open(io.BytesIO(body)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getnframes()) == (1, previews.RATE, previews.RATE)
    assert speech.wishes == [{"text": previews.TEXT, "voice": "joe", "rate": previews.RATE, "ahead": True}]


def test_a_part_of_it(speech: Any) -> None:
    r = play("joe", Range="bytes=0-3")

    assert (r.status_code, b"".join(r)) == (206, b"RIFF")


@pytest.mark.parametrize("status", [500, 400])
def test_no_sample_while_the_speech_process_has_none(speech: Any, status: int) -> None:
    speech.status = status
    r = play("joe")
    speech.status = 200
    later = play("joe")

    assert (r.status_code, r.headers["Retry-After"]) == (404, "2")
    assert later.status_code == 200


def test_no_sample_while_the_speech_process_is_away(settings: Any, tmp_path: Path) -> None:
    settings.SPEECH_URL, settings.VAR_DIR = "http://127.0.0.1:1", tmp_path

    assert play("joe").status_code == 404
    assert list(tmp_path.rglob("*.wav")) == []


def test_nobody_waits_for_a_sample_that_is_being_made(speech: Any) -> None:
    with previews._being_made:
        r = play("joe")

    assert (r.status_code, r.headers["Retry-After"], speech.wishes) == (404, "2", [])


@pytest.mark.parametrize("voice_id", ["nobody", "..", "%2e%2e%2fsecret", "joe.wav"])
def test_no_such_voice(speech: Any, voice_id: str) -> None:
    assert play(voice_id).status_code == 404
    assert speech.wishes == []


def test_only_reads(speech: Any) -> None:
    assert Client(enforce_csrf_checks=True).post("/files/voices/joe.wav").status_code == 405


@pytest.mark.django_db
def test_every_voice_says_where_its_sample_is(api: Any, speech: Any) -> None:
    page = api.get("/v1/voices?limit=100").json()["data"]

    for voice in page:
        address = voice["preview_url"]
        assert address == f"http://127.0.0.1:8000/files/voices/{voice['id']}.wav"
        assert Client().get(address.removeprefix("http://127.0.0.1:8000")).status_code == 200
    assert len(page) == len(CATALOGUE)
