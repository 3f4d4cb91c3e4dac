from __future__ import annotations

import wave

import numpy as np
import pytest

from calls.audio.wav import BadWav, StereoWavWriter, read_wav, repair_wav, wav_bytes, wav_info

CALLER = np.full(160, 1000, dtype="<i2").tobytes()
AGENT = np.full(160, -2000, dtype="<i2").tobytes()


def test_writes_what_other_programs_read(tmp_path):
    path = tmp_path / "call.wav"
    writer = StereoWavWriter(path, rate=8000)
    for _ in range(50):
        writer.write(CALLER, AGENT)
    writer.close()
    writer.close()

    assert writer.seconds == 1.0
    with wave.open(str(path)) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth(), wav.getnframes()) == (8000, 2, 2, 8000)
    samples, rate = read_wav(path)
    assert rate == 8000
    assert np.array_equal(np.unique(samples, axis=0), [[1000, -2000]])


def test_fills_the_silent_side_up(tmp_path):
    writer = StereoWavWriter(tmp_path / "call.wav", rate=8000)
    writer.write(CALLER, b"")
    writer.close()

    samples, _ = read_wav(tmp_path / "call.wav")

    assert samples.shape == (160, 2)
    assert np.array_equal(np.unique(samples, axis=0), [[1000, 0]])


def test_an_empty_recording_is_a_valid_file(tmp_path):
    StereoWavWriter(tmp_path / "call.wav", rate=8000).close()

    assert wav_info(tmp_path / "call.wav").frames == 0


def test_a_header_behind_its_data_loses_nothing(tmp_path):
    path = tmp_path / "call.wav"
    writer = StereoWavWriter(path, rate=8000, sync_seconds=0.1)
    for _ in range(8):
        writer.write(CALLER, AGENT)
    writer._file.flush()
    path_of_the_dead = tmp_path / "dead.wav"
    path_of_the_dead.write_bytes(path.read_bytes() + b"\x01")  # half a frame, as a crash leaves it

    assert wav_info(path_of_the_dead).frames == 8 * 160
    with wave.open(str(path_of_the_dead)) as wav:
        assert wav.getnframes() == 5 * 160
    repair_wav(path_of_the_dead)

    with wave.open(str(path_of_the_dead)) as wav:
        assert wav.getnframes() == 8 * 160
    writer.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"RIFF\0\0\0\0WAVE",
        b"RIFF\0\0\0\0WAVEdata\0\0\0\0",
        wav_bytes(b"", rate=8000).replace(b"\x10\x00data", b"\x08\x00data"),
    ],
)
def test_refuses_what_is_no_pcm16(tmp_path, content):
    path = tmp_path / "x.wav"
    path.write_bytes(content)

    with pytest.raises(BadWav):
        wav_info(path)


def test_reads_past_chunks_of_other_programs(tmp_path):
    plain = wav_bytes(CALLER, rate=16000)
    path = tmp_path / "x.wav"
    path.write_bytes(plain[:36] + b"LIST\x03\0\0\0abc\0" + plain[36:])

    samples, rate = read_wav(path)

    assert rate == 16000
    assert samples[:, 0].tobytes() == CALLER
