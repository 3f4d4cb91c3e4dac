"""What a browser's worklets make of sound, measured in node: tones through the resampler, and through it piece by piece."""

from __future__ import annotations

import json
import subprocess

import pytest
from django.conf import settings

from vaniagent.tests import node

RESAMPLER = settings.BASE_DIR / "static/js/talk/worklets/resampler.js"
MEASURE = """
const { Resampler } = await import(process.argv[1]);
const [from, to, hz, piece] = process.argv.slice(2).map(Number);
const seconds = 1;
const input = Float32Array.from({ length: from * seconds }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hz * n) / from));
const resampler = new Resampler(from, to);
const output = [];
for (let at = 0; at < input.length; at += piece) {
  output.push(...resampler.push(input.subarray(at, at + piece)));
}
// Past the filter's beginning: how much of it is the tone, and how loud all of it is.
const steady = output.slice(to / 10);
let sine = 0, cosine = 0, power = 0;
steady.forEach((sample, n) => {
  const phase = (2 * Math.PI * hz * n) / to;
  sine += sample * Math.sin(phase);
  cosine += sample * Math.cos(phase);
  power += sample * sample;
});
const amplitude = (2 * Math.hypot(sine, cosine)) / steady.length;
const level = Math.sqrt((2 * power) / steady.length);
console.log(JSON.stringify({ length: output.length, amplitude, level }));
"""


def measure(*, rates: tuple[int, int], hz: int, piece: int = 128) -> dict[str, float]:
    command = [node.binary(), "--input-type=module", "-e", MEASURE, "--"]
    numbers = [str(number) for number in (*rates, hz, piece)]
    run = subprocess.run(
        [*command, RESAMPLER.as_uri(), *numbers], capture_output=True, text=True, timeout=60, check=True
    )
    measured: dict[str, float] = json.loads(run.stdout)
    return measured


@pytest.mark.parametrize("rates", [(48_000, 16_000), (44_100, 16_000), (16_000, 48_000), (16_000, 44_100)])
def test_a_voice_comes_through_as_it_is(rates):
    for hz in (300, 3_000, 6_000):
        measured = measure(rates=rates, hz=hz)

        assert measured["amplitude"] == pytest.approx(0.5, rel=0.02)
        # Nothing is there but the tone.
        assert measured["level"] == pytest.approx(measured["amplitude"], rel=0.01)
        assert measured["length"] == pytest.approx(rates[1], abs=60)


@pytest.mark.parametrize("hz", [9_000, 12_000, 15_000, 20_000])
def test_what_the_line_cannot_carry_is_not_folded_into_the_voice(hz):
    assert measure(rates=(48_000, 16_000), hz=hz)["level"] < 0.5 * 0.003


def test_pieces_of_any_size_make_the_same_sound():
    whole = measure(rates=(44_100, 16_000), hz=1_000, piece=44_100)

    for piece in (1, 7, 128, 1_024):
        assert measure(rates=(44_100, 16_000), hz=1_000, piece=piece) == pytest.approx(whole, abs=1e-3)
