from __future__ import annotations

import array
import json
import math
import wave
from pathlib import Path
from typing import Any

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
