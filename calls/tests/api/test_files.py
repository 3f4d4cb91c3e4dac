"""`/files/…`: recordings and transcripts behind signed links."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone

from calls import links
from calls.models import Recording
from calls.tests.api.test_read_calls import ENDED, make_call, say

pytestmark = pytest.mark.django_db

SOUND = bytes(range(256)) * 4


@pytest.fixture
def call(agent: Any) -> Any:
    return make_call(agent, **ENDED)


@pytest.fixture
def recording(call: Any, settings: Any, tmp_path: Any) -> Any:
    settings.RECORDINGS_DIR = tmp_path
    (tmp_path / "sound.wav").write_bytes(SOUND)
    return Recording.objects.create(call=call, status="ready", path="sound.wav", sample_rate=8000)


def path_of(url: Any) -> Any:
    return url.removeprefix("http://127.0.0.1:8000")


def recording_path(call: Any, at: Any = None) -> Any:
    return path_of(links.recording_url(call.public_id, at=at or timezone.now()))


def transcript_path(call: Any) -> Any:
    return path_of(links.transcript_url(call.public_id, at=timezone.now()))


def get(client: Any, path: Any, **headers: Any) -> Any:
    """Status, headers and the whole body, read as the server would."""
    r = client.get(path, headers={name.replace("_", "-"): text for name, text in headers.items()})
    body = async_to_sync(_collect)(r.streaming_content) if r.streaming else r.content
    return r.status_code, r.headers, body


async def _collect(chunks: Any) -> Any:
    return b"".join([chunk async for chunk in chunks])


def test_the_whole_recording(client: Any, call: Any, recording: Any) -> None:
    status, headers, body = get(client, recording_path(call))

    assert (status, body) == (200, SOUND)
    assert headers["Content-Type"] == "audio/wav"
    assert headers["Content-Length"] == "1024"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Disposition"] == f'inline; filename="{call.public_id}.wav"'


@pytest.mark.parametrize(
    ("wanted", "content_range", "expected"),
    [
        ("bytes=0-99", "bytes 0-99/1024", SOUND[:100]),
        ("bytes=100-", "bytes 100-1023/1024", SOUND[100:]),
        ("bytes=-24", "bytes 1000-1023/1024", SOUND[-24:]),
        ("bytes=1000-5000", "bytes 1000-1023/1024", SOUND[1000:]),
        ("bytes=-5000", "bytes 0-1023/1024", SOUND),
        ("bytes=1023-1023", "bytes 1023-1023/1024", SOUND[1023:]),
    ],
)
def test_a_part(client: Any, call: Any, recording: Any, wanted: Any, content_range: Any, expected: Any) -> None:
    status, headers, body = get(client, recording_path(call), Range=wanted)

    assert (status, body) == (206, expected)
    assert headers["Content-Range"] == content_range
    assert headers["Content-Length"] == str(len(expected))


@pytest.mark.parametrize("wanted", ["bytes=1024-", "bytes=5000-6000", "bytes=-0"])
def test_a_part_that_is_not_there(client: Any, call: Any, recording: Any, wanted: Any) -> None:
    status, headers, _ = get(client, recording_path(call), Range=wanted)

    assert status == 416
    assert headers["Content-Range"] == "bytes */1024"


@pytest.mark.parametrize("wanted", ["bytes=5-2", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", ""])
def test_no_part_that_we_know(client: Any, call: Any, recording: Any, wanted: Any) -> None:
    status, _, body = get(client, recording_path(call), Range=wanted)

    assert (status, body) == (200, SOUND)


def test_a_part_of_what_has_changed(client: Any, call: Any, recording: Any) -> None:
    _, headers, _ = get(client, recording_path(call))
    same = get(client, recording_path(call), Range="bytes=0-9", If_Range=headers["ETag"])
    other = get(client, recording_path(call), Range="bytes=0-9", If_Range='"other"')

    assert (same[0], other[0]) == (206, 200)


def test_head(client: Any, call: Any, recording: Any) -> None:
    r = client.head(recording_path(call))

    assert (r.status_code, r.headers["Content-Length"], r.content) == (200, "1024", b"")


def test_the_transcript(client: Any, call: Any) -> None:
    say(call, 1, "agent", "Grüß Gott.")
    say(call, 2, "user", "Hi.")

    r = client.get(transcript_path(call))

    assert (r.status_code, r.content.decode()) == (200, "Agent: Grüß Gott.\nUser: Hi.\n")
    assert r.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_links_last_for_a_week(client: Any, call: Any, recording: Any) -> None:
    week = timedelta(days=7)
    fresh = client.head(recording_path(call, timezone.now() - week + timedelta(minutes=1)))
    old = client.head(recording_path(call, timezone.now() - week - timedelta(seconds=1)))

    assert (fresh.status_code, old.status_code) == (200, 403)


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path[:-1] + ("A" if path[-1] != "A" else "B"),
        lambda path: path.replace("expires=", "expires=9"),
        lambda path: path.replace("recording.wav", "transcript.txt"),
        lambda path: path.replace("/files/call_", "/files/call_x"),
        lambda path: path.partition("?")[0],
        lambda path: path.replace("expires=", "expires=x"),
        lambda path: path.partition("signature=")[0] + "signature=%00%ff",
    ],
)
def test_a_changed_link(client: Any, call: Any, recording: Any, change: Any) -> None:
    r = client.get(change(recording_path(call)))

    assert r.status_code == 403


def test_not_ready_yet(client: Any, agent: Any) -> None:
    call = make_call(agent, status="in_progress", answered_at=ENDED["answered_at"])
    Recording.objects.create(call=call, path="x.wav", sample_rate=8000)

    for path in (recording_path(call), transcript_path(call)):
        r = client.get(path)
        assert (r.status_code, r.headers["Retry-After"]) == (404, "2")


def test_will_never_be_ready(client: Any, agent: Any) -> None:
    call = make_call(agent, status="failed", ended_reason="busy", completed_at=ENDED["completed_at"])

    for path in (recording_path(call), transcript_path(call)):
        r = client.get(path)
        assert r.status_code == 404
        assert "Retry-After" not in r.headers


@pytest.mark.parametrize("path", ["gone.wav", "../../../etc/passwd", "/etc/passwd"])
def test_no_file_outside_the_recordings(client: Any, call: Any, recording: Any, path: Any) -> None:
    Recording.objects.update(path=path)

    assert client.get(recording_path(call)).status_code == 404


def test_only_reads(call: Any, recording: Any) -> None:
    assert Client(enforce_csrf_checks=True).post(recording_path(call)).status_code == 405


def test_the_address_of_a_socket_opens_no_file(client: Any, call: Any) -> None:
    say(call, 1, "agent", "Hello")
    _, expires, signature = links.media_path(call.public_id, at=timezone.now()).rpartition("/")[2].split(".")

    status, _, body = get(client, f"/files/{call.public_id}/media?expires={expires}&signature={signature}")

    assert (status, b"Hello" in body) == (403, False)
