from __future__ import annotations

import audioop

import numpy as np
import pytest

from calls.audio import g711

EVERY_SAMPLE = np.arange(-32768, 32768).astype("<i2")
EVERY_CODE = bytes(range(256))


def test_decodes_ulaw_as_the_standard():
    assert g711.ulaw_decode(EVERY_CODE) == audioop.ulaw2lin(EVERY_CODE, 2)


def test_decodes_alaw_as_the_standard():
    assert g711.alaw_decode(EVERY_CODE) == audioop.alaw2lin(EVERY_CODE, 2)


def test_encodes_every_sample_to_alaw_as_the_standard():
    assert g711.alaw_encode(EVERY_SAMPLE.tobytes()) == audioop.lin2alaw(EVERY_SAMPLE.tobytes(), 2)


def test_encodes_every_positive_sample_to_ulaw_as_the_standard():
    positive = np.arange(32768).astype("<i2").tobytes()

    assert g711.ulaw_encode(positive) == audioop.lin2ulaw(positive, 2)


def test_encodes_negative_samples_as_the_mirror_of_the_positive_ones():
    codes = np.frombuffer(g711.ulaw_encode(EVERY_SAMPLE.tobytes()), dtype=np.uint8)

    assert np.array_equal(codes[:32768][::-1], codes[32768:] & 0x7F)


@pytest.mark.parametrize(
    ("encode", "decode"), [(g711.ulaw_encode, g711.ulaw_decode), (g711.alaw_encode, g711.alaw_decode)]
)
def test_a_second_round_trip_changes_nothing(encode, decode):
    once = decode(encode(EVERY_SAMPLE.tobytes()))

    assert decode(encode(once)) == once


def test_silence_stays_silence():
    assert g711.ulaw_encode(bytes(4)) == b"\xff\xff"
    assert g711.ulaw_decode(b"\xff") == b"\0\0"


def test_distorts_speech_by_less_than_a_thirtieth():
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)).astype("<i2")
    heard = np.frombuffer(g711.ulaw_decode(g711.ulaw_encode(tone.tobytes())), dtype="<i2")

    noise = np.std(heard.astype(float) - tone)

    assert noise < np.std(tone) / 30
