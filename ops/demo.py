"""`make demo`: one real call, as a customer's program would place and follow it.

Uses the stack of `make run` where one is up, else starts it. Everything goes through the public API, the live feed and
webhooks; the program fails when any of it did not truly happen.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import wave
from array import array
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import requests
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from ops import embedded
from ops.receiver import Delivered, Receiver
from ops.supervisor import Stack

ROOT = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()

AGENT = {
    "name": "Ava",
    "voice": "en-US-Neural2-F",
    "language": "en-US",
    "prompt": (
        "You are Ava, the receptionist of Bright Smile Dental.\n"
        "We are open Monday to Friday from 9 am to 5 pm.\n"
        "A cleaning costs 90 dollars.\n"
        "Parking is free behind the building.\n"
        "We are at 12 Main Street.\n"
        "Ask for the caller's name."
    ),
}
CALLEE_LINES = [
    "Hello, who is this?",
    "How much does a cleaning cost?",
    "And is there parking at your office?",
    "My name is Sarah Miller.",
    "When are you open?",
    "Thank you very much. Goodbye.",
]
# Words that only the prompt can have given the agent.
FACTS = ("90", "ninety", "free", "9", "nine")
EVENTS = {"call.started", "call.completed", "transcript.ready", "recording.ready"}
LONGEST_CALL_SECONDS = 180
ANALYSIS_SECONDS = 60
# A voice's mean level on its channel, at least (of 32,768).
AUDIBLE = 100


class DemoFailed(Exception):
    """Something that the demo promises did not happen."""


def main() -> int:
    with ExitStack() as opened:
        try:
            url = running_stack_url(VAR_DIR)
            if url is None:
                say("Starting the stack (PostgreSQL, Valkey, web, workers, gateway, speech) ...")
                stack = opened.enter_context(Stack(var_dir=VAR_DIR, port=int(os.environ.get("PORT", "0")), quiet=True))
                url = stack.url
                say(f"It is up at {url}.")
            with Receiver() as receiver:
                show_a_call(url, receiver)
            if os.environ.get("KEEP") == "1" and running_stack_url(VAR_DIR):
                say(f"\nThe stack stays up at {url} until Ctrl-C (KEEP=1).")
                wait_for_interrupt()
        except KeyboardInterrupt:
            return 130
        except (
            DemoFailed,
            requests.RequestException,
            WebSocketException,
            OSError,
            subprocess.SubprocessError,
        ) as fault:
            print(f"\nThe demo failed: {fault}\nThe logs are in {VAR_DIR / 'log'}.", file=sys.stderr)
            return 1
    return 0


def show_a_call(url: str, receiver: Receiver) -> None:
    api = Api(f"{url}/v1", make_account()["api_key"])

    agent = api.post("/agents", AGENT)
    say(f"\nPOST /v1/agents             {agent['id']}  “{agent['name']}”, voice {agent['voice']}")
    endpoint = api.post("/webhook_endpoints", {"url": receiver.url, "events": sorted(EVENTS | {"call.failed"})})
    receiver.secret = endpoint["secret"]
    say(f"POST /v1/webhook_endpoints  {endpoint['id']}  {receiver.url}")
    call = api.post(
        "/calls",
        {
            "agent_id": agent["id"],
            "to_number": "+14155550100",
            "from_number": "+14155550199",
            "metadata": {"customer_id": "cust_123", "note": "naïve, “quoted”, 電話"},
            "sandbox": {"lines": CALLEE_LINES},
        },
    )
    say(f"POST /v1/calls              {call['id']}  {call['status']}\n")

    turns = follow(url, api.key, call["id"])
    call = wait_for_analysis(api, call["id"])
    recording = fetch_recording(call)
    deliveries = receiver.wait_for(EVENTS, call_id=call["id"], seconds=ANALYSIS_SECONDS)
    report(call, recording, deliveries)
    check(call, turns, recording, deliveries)


class Api:
    """The public API with one key."""

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        self.key = key
        self._headers = {"Authorization": f"Bearer {key}"}

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._answer(requests.post(self.base_url + path, headers=self._headers, json=body, timeout=30))

    def get(self, path: str) -> dict[str, Any]:
        return self._answer(requests.get(self.base_url + path, headers=self._headers, timeout=30))

    def _answer(self, response: requests.Response) -> dict[str, Any]:
        if not response.ok:
            raise DemoFailed(
                f"{response.request.method} {response.request.path_url}: {response.status_code} {response.text}"
            )
        answer: dict[str, Any] = response.json()
        return answer


def running_stack_url(var_dir: Path) -> str | None:
    """Where a stack on this var directory answers, or None."""
    port = embedded.read(var_dir).get("PORT")
    if not port:
        return None
    url = f"http://127.0.0.1:{port}"
    try:
        return url if requests.get(f"{url}/healthz", timeout=2).ok else None
    except requests.RequestException:
        return None


def make_account() -> dict[str, Any]:
    """An account of the demo's own, with credits."""
    email = f"demo-{secrets.token_hex(4)}@localhost.localdomain"
    made = subprocess.run(
        [sys.executable, "manage.py", "createaccount", email, "--credits", "5", "--json"],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(VAR_DIR)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if made.returncode:
        raise DemoFailed(f"createaccount: {made.stderr.strip()[-500:]}")
    account: dict[str, Any] = json.loads(made.stdout)
    return account


def follow(url: str, key: str, call_id: str) -> list[tuple[str, str]]:
    """Print the call's words as they arrive on the feed; give the final turns."""
    turns: list[tuple[str, str]] = []
    started = time.monotonic()
    with connect(url.replace("http", "ws", 1) + "/v1/ws", open_timeout=10) as feed:
        feed.send(json.dumps({"type": "auth", "api_key": key}))
        feed.send(json.dumps({"type": "subscribe", "call_id": call_id}))
        while True:
            left = LONGEST_CALL_SECONDS - (time.monotonic() - started)
            if left <= 0:
                raise DemoFailed(f"the call did not end within {LONGEST_CALL_SECONDS} s")
            try:
                message = json.loads(feed.recv(timeout=left))
            except TimeoutError:
                continue
            kind = message["type"]
            if kind == "error":
                raise DemoFailed(f"the feed: {message['error']}")
            if kind == "transcript.update":
                show_words(message)
                if message["is_final"]:
                    turns.append((message["speaker"], message["text"]))
            elif kind.startswith("call."):
                clear_line()
                say(dim(f"  · {kind}"))
                if kind in ("call.completed", "call.failed"):
                    return turns


def wait_for_analysis(api: Api, call_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + ANALYSIS_SECONDS
    while time.monotonic() < deadline:
        call = api.get(f"/calls/{call_id}")
        if call["status"] == "failed" or (call["sentiment"] and call["recording_url"]):
            return call
        time.sleep(0.3)
    raise DemoFailed("the analysis did not come")


def fetch_recording(call: dict[str, Any]) -> Path:
    """Download the recording by its signed link."""
    if not call["recording_url"]:
        raise DemoFailed(f"there is no recording: the call is {call['status']}, {call['ended_reason']}")
    folder = VAR_DIR / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{call['id']}.wav"
    response = requests.get(call["recording_url"], timeout=30)
    if not response.ok:
        raise DemoFailed(f"the recording's link answered {response.status_code}")
    path.write_bytes(response.content)
    return path


def report(call: dict[str, Any], recording: Path, deliveries: list[Delivered]) -> None:
    latency = call["latency"] or {}
    say("")
    for delivery in deliveries:
        mark = "verified" if delivery.is_genuine else "FORGED?"
        say(f"webhook   {delivery.event:<17} {mark}")
    say(f"\nstatus    {call['status']} ({call['ended_reason']}, by {call['ended_by']})")
    say(f"duration  {call['duration']} s")
    if latency:
        say(
            f"latency   {latency['heard_p50_ms']} ms median, {latency['heard_p95_ms']} ms p95, heard over {latency['turns']} turns"
        )
    say(f"sentiment {call['sentiment']}")
    say(f"summary   {call['summary']}")
    say(f"cost      {call['cost']} credits")
    say(f"recording {recording}")


def check(call: dict[str, Any], turns: list[tuple[str, str]], recording: Path, deliveries: list[Delivered]) -> None:
    """Raise DemoFailed unless all of it truly happened."""
    agent = [text for speaker, text in turns if speaker == "agent"]
    user = [text for speaker, text in turns if speaker == "user"]
    said = " ".join(agent).lower()
    levels = channel_levels(recording)
    expectations = {
        "the call completed": call["status"] == "completed",
        "three turns each way": len(agent) >= 3 and len(user) >= 3,
        "the agent answered from its prompt": any(fact in said for fact in FACTS),
        "the transcript holds every turn": all(text in (call["transcript"] or "") for _, text in turns),
        "both voices are on the recording": len(levels) == 2 and min(levels) > AUDIBLE,
        "every webhook arrived": {delivery.event for delivery in deliveries} >= EVENTS,
        "every webhook was genuine": all(delivery.is_genuine for delivery in deliveries),
        "the latency was measured": bool(call["latency"]),
        "the cost was settled": call["cost"] is not None and float(call["cost"]) > 0,
    }
    missing = [what for what, holds in expectations.items() if not holds]
    if missing:
        raise DemoFailed("not true: " + ", ".join(missing))
    say("\nAll of it happened.")


def channel_levels(path: Path) -> list[float]:
    """The mean absolute sample of each channel of a PCM16 WAV."""
    with wave.open(str(path)) as file:
        channels = file.getnchannels()
        samples = array("h", file.readframes(file.getnframes()))
    return [sum(map(abs, samples[n::channels])) / max(1, len(samples[n::channels])) for n in range(channels)]


def show_words(message: dict[str, Any]) -> None:
    """One line a turn; on a terminal a partial transcript is overwritten by the next."""
    line = f"  {'Agent' if message['speaker'] == 'agent' else 'User ':<6} {message['text']}"
    if message["is_final"]:
        clear_line()
        say(line)
    elif sys.stdout.isatty():
        print(f"\r\033[K{dim(line[:100])}", end="", flush=True)


def clear_line() -> None:
    if sys.stdout.isatty():
        print("\r\033[K", end="")


def dim(text: str) -> str:
    return f"\033[2m{text}\033[0m" if sys.stdout.isatty() else text


def say(line: str) -> None:
    print(line, flush=True)


def wait_for_interrupt() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        say("")


if __name__ == "__main__":
    sys.exit(main())
