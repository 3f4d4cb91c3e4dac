from __future__ import annotations

import array
import json
import math
import sys
import wave
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, List

import pytest

from cli.conftest import Program
from vaniagent import VaniAgent
from vaniagent.cli import sound
from vaniagent.models import Agent


def write_tone(path: Path, *, rate: int, channels: int = 1, seconds: float = 0.5) -> Path:
    samples = [round(8000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(round(rate * seconds))]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(array.array("h", [value for sample in samples for value in [sample, 0][:channels]]).tobytes())
    return path


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 2), (44100, 1), (48000, 2)])
def test_any_wav_becomes_what_the_wire_takes(tmp_path: Path, rate: int, channels: int) -> None:
    pcm = sound.read_wav(str(write_tone(tmp_path / "tone.wav", rate=rate, channels=channels)))

    samples = array.array("h", pcm)
    rises = sum(1 for one, next_one in zip(samples, samples[1:]) if one < 0 <= next_one)
    assert len(samples) == pytest.approx(8000, abs=2)
    # 440 Hz for half a second.
    assert rises == pytest.approx(220, abs=1)
    assert sound.is_loud(pcm[: sound.FRAME_BYTES])
    assert not sound.is_loud(sound.SILENCE)


class FakeStream:
    """A stream of sounddevice, which calls back when the test says so."""

    def __init__(self, callback: Callable[..., None], **options: Any) -> None:
        assert options == {"samplerate": 16_000, "channels": 1, "dtype": "int16", "blocksize": 320}
        self.callback = callback
        self.is_open = False

    def start(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False


def played(stream: Any) -> bytes:
    data = bytearray(sound.FRAME_BYTES)
    stream.callback(data, sound.FRAME_SAMPLES, None, None)
    return bytes(data)


def test_a_device_plays_in_order_and_counts_what_a_flush_drops(monkeypatch: pytest.MonkeyPatch) -> None:
    streams: List[FakeStream] = []

    def opened(**options: Any) -> FakeStream:
        streams.append(FakeStream(**options))
        return streams[-1]

    monkeypatch.setitem(sys.modules, "sounddevice", SimpleNamespace(RawInputStream=opened, RawOutputStream=opened))
    device = sound.Device()
    microphone, speaker = streams
    frames = [bytes([n]) * sound.FRAME_BYTES for n in range(1, 6)]

    for frame in frames:
        device.play(frame)
    heard = [played(speaker), played(speaker)]
    device.flush()

    assert (heard, device.played) == (frames[:2], 5)
    assert (played(speaker), device.played) == (sound.SILENCE, 5)
    microphone.callback(frames[0], sound.FRAME_SAMPLES, None, None)
    assert (device.read(), device.read()) == (frames[0], sound.SILENCE)
    device.close()
    assert not microphone.is_open
    assert not speaker.is_open


def test_without_sound_it_says_what_to_install(nowhere: Program, tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    done = nowhere.run("talk", "agent_abc123", PYTHONPATH=str(tmp_path))

    assert done.returncode == 1
    assert "libportaudio2" in done.stderr
    assert "--in" in done.stderr


def test_what_is_no_wav_is_said_so(program: Program, agent: Agent, tmp_path: Path) -> None:
    file = tmp_path / "x.wav"
    file.write_text("no sound")

    done = program.run("talk", agent.id, "--in", str(file))

    assert done.returncode == 1
    assert "cannot be read as a WAV" in done.stderr
    assert "Traceback" not in done.stderr


def test_talks_with_files_in_place_of_sound_hardware(
    program: Program, client: VaniAgent, agent: Agent, tmp_path: Path
) -> None:
    said, heard = tmp_path / "said.wav", tmp_path / "talk.wav"
    preview = next(iter(client.voices.list(language="en-US"))).preview_url
    assert client.download(str(preview), str(said)) > 1000

    done = program.run("talk", agent.id, "--in", str(said), "--out", str(heard))

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Agent: Hello."
    assert any(line.startswith("User: ") for line in lines)
    assert lines[-1].endswith(" s")
    with wave.open(str(heard)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 16_000)
        samples = array.array("h", file.readframes(file.getnframes()))
    assert max(samples[0::2]) > 1000
    assert max(samples[1::2]) > 1000
    call_id = lines[-1].split()[0]
    call = client.calls.get(call_id)
    assert (call.status, call.direction, call.to_number) == ("completed", "inbound", "browser")


def test_ctrl_c_hangs_up(program: Program, agent: Agent, client: Any, tmp_path: Path) -> None:
    long = write_tone(tmp_path / "long.wav", rate=8000, seconds=30)
    talking = program.start("talk", agent.id, "--in", str(long), "--json")
    while json.loads(talking.line())["type"] != "answered":
        pass
    talking.interrupt()
    code, _ = talking.end()

    assert code == 0
    newest = next(iter(client.calls.list(agent_id=agent.id, limit=1)))
    assert newest.ended_reason == "user_hangup"
