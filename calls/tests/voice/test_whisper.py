from __future__ import annotations

import re
import time

import pytest

from calls.audio.resample import resample
from calls.audio.speech_client import SpeechClient
from calls.voice.providers import whisper_models
from calls.voice.providers.stt import RATE, FasterWhisper, make_stt
from calls.voice.providers.whisper_models import NoModel, find_model

LINES = (
    "I would like to book an appointment for next Tuesday.",
    "What are your opening hours?",
    "Are you open on Saturday morning?",
)


def a_package(folder, files: dict[str, bytes]):
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def installed(monkeypatch):
    """The packages' directories, by name."""
    places: dict[str, object] = {}
    monkeypatch.setattr(whisper_models, "_data_of", lambda package, folder: places.get(package))
    return places


def test_a_model_in_two_packages_is_joined(installed, tmp_path):
    rest = {"config.json": b"{}", "tokenizer.json": b"{}", "vocabulary.txt": b"a"}
    first, second = whisper_models.BASE_PARTS
    installed[first] = a_package(tmp_path / "one", {"model.bin.part1": b"we", **rest})
    installed[second] = a_package(tmp_path / "two", {"model.bin.part2": b"ights"})
    installed[whisper_models.TINY] = tmp_path

    assert find_model("").files == {"model.bin": b"weights", **rest}


def test_a_directory_goes_before_the_packages(tmp_path):
    model = a_package(tmp_path / "mine", dict.fromkeys(whisper_models.NEEDED, b""))

    assert find_model(str(model)) == whisper_models.WhisperModel(model)


@pytest.mark.parametrize("directory", ["", "incomplete", "absent"])
def test_nothing_is_fetched_for_want_of_a_model(installed, tmp_path, directory):
    a_package(tmp_path / "incomplete", {"model.bin": b"", "config.json": b""})

    with pytest.raises(NoModel):
        find_model(str(tmp_path / directory) if directory else "")


async def test_moonshine_stands_in_where_whisper_is_not_installed(installed, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "faster_whisper", None)
    chain = make_stt(("faster-whisper", "moonshine"))

    await chain.load()
    names = [provider.name for provider in chain._providers]
    await chain.close()

    assert names == ["moonshine"]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


@pytest.mark.system
async def test_whisper_understands_the_telephone(speech_url, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    whisper = FasterWhisper()
    await whisper.load()

    async with SpeechClient(speech_url) as caller:
        for line in LINES:
            spoken = await caller.synthesize(line, voice=None, rate=8000)
            begun = time.monotonic()
            heard = await whisper.transcribe(resample(spoken, from_rate=8000, to_rate=RATE))
            print(f"{time.monotonic() - begun:.2f} s: {heard}")  # noqa: T201  # shown with pytest -s

            assert words(heard) == words(line)
    await whisper.close()


@pytest.mark.system
async def test_whisper_takes_a_model_from_a_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    packaged = find_model("")
    assert packaged.files is not None
    model = a_package(tmp_path / "mine", packaged.files)
    whisper = FasterWhisper(str(model))

    # It transcribes a sample in order to be ready.
    await whisper.load()
    await whisper.close()
