"""Record what the command line prints, against a real server, into docs/sdks/cli.md.

From the repository: .venv/bin/python -m ops.sdks run .venv-sdk/bin/python sdks/python/scripts/record_cli.py
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import wave
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import List

from vaniagent import VaniAgent
from vaniagent.cli import sound

PAGE = Path(__file__).resolve().parents[3] / "docs/sdks/cli.md"
PROMPT = "You are the assistant of Acme Dental. We are open from nine to five. A cleaning costs 80 dollars."
# A pause in which a line of the recording ends.
PAUSE_FRAMES = 35


class Recorder:
    """Runs commands as they stand in the page."""

    def __init__(self, client: VaniAgent, directory: Path) -> None:
        self._client = client
        self._directory = directory
        ours = {"VANIAGENT_API_KEY": client.settings.api_key, "VANIAGENT_BASE_URL": client.settings.base_url}
        self._environment = {**os.environ, **ours, "COLUMNS": "100"}
        self.agent = client.agents.create(name="Ada", voice="en-US-Neural2-F", prompt=PROMPT)

    def watch(self) -> List[str]:
        said = ["--say", "Hello, how much is a cleaning?", "--say", "Thank you, goodbye."]
        return self._run("calls", "create", "--agent", self.agent.id, "--to", "+14155550100", *said, "--watch")

    def listen(self) -> List[str]:
        receiver = HTTPServer(("127.0.0.1", 3000), Receiver)
        Thread(target=receiver.serve_forever, daemon=True).start()
        forward = ["--forward-to", "localhost:3000/webhook", "--count", "4"]
        process = self._start("listen", *forward)
        if process.stdout is None:
            raise SystemExit("there is no pipe")
        first = [process.stdout.readline() for _ in range(3)]
        self._run("webhooks", "trigger", "call.completed")
        self._run("calls", "create", "--agent", self.agent.id, "--to", "+15005550001", "--wait")
        self._run("webhooks", "trigger", "recording.ready")
        rest, _ = process.communicate(timeout=60)
        receiver.shutdown()
        text = re.sub(r"(whsec_.{4})\S+", r"\1…", "".join([*first, rest]))
        return [shown("listen", *forward), *text.splitlines()]

    def talk(self) -> List[str]:
        self._write_line(self._directory / "question.wav")
        return self._run("talk", self.agent.id, "--in", "question.wav", "--out", "talk.wav")

    def _write_line(self, path: Path) -> None:
        """What the person said first in a call, cut out of its recording."""
        call = next(iter(self._client.calls.list(agent_id=self.agent.id, status="completed")))
        recording = self._directory / "recording.wav"
        self._client.calls.download_recording(call.id, str(recording))
        pcm = sound.read_wav(str(recording))
        frames = [pcm[at : at + sound.FRAME_BYTES] for at in range(0, len(pcm), sound.FRAME_BYTES)]
        loud = [place for place, frame in enumerate(frames) if sound.is_loud(frame)]
        last = loud[0]
        for place in loud:
            if place - last > PAUSE_FRAMES:
                break
            last = place
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(sound.RATE)
            file.writeframes(b"".join(frames[max(0, loud[0] - 5) : last + 10]))

    def _run(self, *arguments: str) -> List[str]:
        process = self._start(*arguments)
        output, _ = process.communicate(timeout=120)
        return [shown(*arguments), *output.splitlines()]

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "vaniagent.cli", *arguments],
            env=self._environment,
            cwd=str(self._directory),
            stdout=subprocess.PIPE,
            # As a terminal shows both.
            stderr=subprocess.STDOUT,
            text=True,
        )


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def shown(*arguments: str) -> str:
    words = [f'"{word}"' if " " in word else word for word in arguments]
    return " ".join(["$ vaniagent", *words])


def replaced(page: str, lines: List[str]) -> str:
    """The page with these lines in place of the block that begins with the same command."""
    command = " ".join(lines[0].split()[:3])
    before, found, after = page.partition(f"    {command}")
    if not found:
        raise SystemExit(f"{PAGE} has no block that begins with {command!r}")
    rest = after.split("\n")
    end = next(place for place, line in enumerate(rest) if place and not line.startswith("    "))
    block = [f"    {line}".rstrip() for line in lines]
    return before + "\n".join([*block, *rest[end:]])


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, VaniAgent(
        api_key=os.environ["VANIAGENT_TEST_KEY"], base_url=os.environ["VANIAGENT_TEST_URL"]
    ) as client:
        recorder = Recorder(client, Path(directory))
        page = PAGE.read_text(encoding="utf-8")
        for record in (recorder.watch, recorder.listen, recorder.talk):
            page = replaced(page, record())
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
