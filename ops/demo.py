"""`make demo`: one real call, as a customer's program would place and follow it.

Uses the stack of `make run` where one is up, else starts it. Everything goes through the public API, the live feed and
webhooks; the program fails when any of it did not truly happen.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import wave
from array import array
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import requests
from websockets.exceptions import WebSocketException

from ops.customer import ROOT, Customer, CustomerError, make_account
from ops.receiver import Delivered, Receiver
from ops.stack import Stack, StackError

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
    "Thank you very much for your help.",
]
# Words that only the prompt can have given the agent.
FACTS = ("90", "ninety", "free", "9", "nine")
EVENTS = {"call.started", "call.completed", "transcript.ready", "recording.ready"}
LONGEST_CALL_SECONDS = 180
ANALYSIS_SECONDS = 60
FAULTS = (CustomerError, StackError, requests.RequestException, WebSocketException, OSError, subprocess.SubprocessError)
# A voice's mean level on its channel, at least (of 32,768).
AUDIBLE = 100


def main() -> int:
    with ExitStack() as opened:
        try:
            stack = Stack.running(VAR_DIR)
            was_started_here = stack is None
            if stack is None:
                say("Starting the stack (PostgreSQL, Valkey, web, workers, gateway, speech) ...")
                stack = opened.enter_context(Stack(var_dir=VAR_DIR, port=named_port()))
                say(f"It is up at {stack.url}.")
            with Receiver() as receiver:
                show_a_call(stack, receiver)
            if was_started_here and os.environ.get("KEEP") == "1":
                say(f"\nThe stack stays up at {stack.url} until Ctrl-C (KEEP=1).")
                signal.pause()
        except KeyboardInterrupt:
            return 130
        except FAULTS as fault:
            print(f"\nThe demo failed: {fault}\nThe logs are in {VAR_DIR / 'log'}.", file=sys.stderr)
            return 1
    return 0


def named_port() -> int:
    """PORT, or 0 for any that is free. Raises StackError."""
    port = os.environ.get("PORT") or "0"
    if not port.isdigit() or int(port) > 65535:
        raise StackError(f"PORT must be a number from 0 to 65535, not {port!r}.")
    return int(port)


def show_a_call(stack: Stack, receiver: Receiver) -> None:
    api = Customer(stack.url, make_account(stack, "--credits", "5")["api_key"])

    agent = api.post("/agents", AGENT)
    say(f"\nPOST /v1/agents             {agent['id']}  “{agent['name']}”, voice {agent['voice']}")
    endpoint = api.post("/webhook_endpoints", {"url": receiver.url, "events": sorted(EVENTS | {"call.failed"})})
    receiver.secret = endpoint["secret"]
    say(f"POST /v1/webhook_endpoints  {endpoint['id']}  {receiver.url}")
    call = api.place_call(
        agent["id"],
        from_number="+14155550199",
        metadata={"customer_id": "cust_123", "note": "naïve, “quoted”, 電話"},
        sandbox={"lines": CALLEE_LINES},
    )
    say(f"POST /v1/calls              {call['id']}  {call['status']}\n")

    turns = follow(api, call["id"])
    call = api.wait_for_analysis(call["id"], seconds=ANALYSIS_SECONDS)
    recording = api.download_recording(call, VAR_DIR / "demo")
    deliveries = receiver.wait_for(EVENTS, call_id=call["id"], seconds=ANALYSIS_SECONDS)
    report(call, recording, deliveries)
    check(call, turns, recording, deliveries)


def follow(customer: Customer, call_id: str) -> list[tuple[str, str]]:
    """Print the call's words as they arrive on the feed; give the final turns."""
    turns: list[tuple[str, str]] = []
    for message in customer.feed(call_id, seconds=LONGEST_CALL_SECONDS):
        if message["type"] == "transcript.update":
            show_words(message)
            if message["is_final"]:
                turns.append((message["speaker"], message["text"]))
        elif message["type"].startswith("call."):
            clear_line()
            say(dim(f"  · {message['type']}"))
    return turns


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
    """Raise CustomerError unless all of it truly happened."""
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
        raise CustomerError("not true: " + ", ".join(missing))
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


if __name__ == "__main__":
    sys.exit(main())
