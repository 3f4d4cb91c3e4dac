from __future__ import annotations

import numpy as np
import pytest

from calls.audio.wav import read_wav
from calls.telephony.recording import Recorder
from calls.tests.gateway.desk import sound


@pytest.fixture
def recorder(tmp_path):
    recorder = Recorder(tmp_path / "recordings")
    yield recorder
    recorder.close()


async def test_both_sides_are_in_their_place(recorder, tmp_path):
    recording = recorder.start(call_id="call_1", rate=8000)
    for n in range(60):
        recording.caller(sound(n))
        recording.agent(sound(1000 + n))
    facts = await recording.finish()

    samples, rate = read_wav(tmp_path / "recordings" / "call_1.wav")
    assert rate == 8000
    assert np.array_equal(samples[::160, 0], np.arange(60))
    assert np.array_equal(samples[::160, 1], np.arange(1000, 1060))
    assert (facts.path, facts.rate, facts.duration_ms, facts.size_bytes) == ("call_1.wav", 8000, 1200, 44 + 60 * 640)


async def test_the_shorter_side_is_filled_up(recorder, tmp_path):
    recording = recorder.start(call_id="call_1", rate=8000)
    recording.caller(sound(1))
    for _ in range(30):
        recording.agent(sound(2))
    facts = await recording.finish()

    samples, _ = read_wav(tmp_path / "recordings" / "call_1.wav")
    assert facts.duration_ms == 600
    assert samples.shape == (30 * 160, 2)
    assert samples[160:, 0].any() == np.False_


async def test_what_was_handed_over_survives_a_crash(recorder, tmp_path):
    recording = recorder.start(call_id="call_1", rate=8000)
    for n in range(300):
        recording.caller(sound(n))
        recording.agent(sound(n))
    recorder.close()  # the thread has done all it was given; nobody has completed the file

    samples, _ = read_wav(tmp_path / "recordings" / "call_1.wav")
    assert len(samples) >= 250 * 160


async def test_a_disk_that_fails_costs_the_recording_alone(tmp_path):
    (tmp_path / "recordings").write_text("not a directory")
    recorder = Recorder(tmp_path / "recordings")
    recording = recorder.start(call_id="call_1", rate=8000)
    for n in range(60):
        recording.caller(sound(n))
        recording.agent(sound(n))

    assert await recording.finish() is None
    recorder.close()
