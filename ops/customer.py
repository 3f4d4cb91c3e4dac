"""A customer's view of the stack: accounts, the public API and the live feed, for the demo, the bench and the drills."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from websockets.sync.client import connect

from ops.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
REQUEST_SECONDS = 30
# A starter account has a hundred requests a minute.
POLL_SECONDS = 1.0


class CustomerError(Exception):
    """The product did not do what a customer was promised."""


def make_account(stack: Stack, *options: str) -> dict[str, Any]:
    """An account of its own with `manage.py createaccount`; gives what that prints. Raises CustomerError."""
    email = f"customer-{secrets.token_hex(4)}@localhost.localdomain"
    made = subprocess.run(
        [sys.executable, "manage.py", "createaccount", email, *options, "--json"],
        cwd=ROOT,
        env=stack.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if made.returncode:
        raise CustomerError(f"createaccount: {made.stderr.strip()[-500:]}")
    account: dict[str, Any] = json.loads(made.stdout)
    return account


class Customer:
    """Speaks to the public API with one key."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {key}"

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer to a POST below /v1. Raises CustomerError for anything but a 2xx."""
        return self._answer(self._session.post(f"{self.url}/v1{path}", json=body or {}, timeout=REQUEST_SECONDS))

    def get(self, path: str) -> dict[str, Any]:
        """The answer to a GET below /v1. Raises CustomerError for anything but a 2xx."""
        return self._answer(self._session.get(f"{self.url}/v1{path}", timeout=REQUEST_SECONDS))

    def place_call(self, agent_id: str, *, to_number: str = "+14155550100", **more: Any) -> dict[str, Any]:
        return self.post("/calls", {"agent_id": agent_id, "to_number": to_number, **more})

    def feed(self, call_id: str, *, seconds: float) -> Iterator[dict[str, Any]]:
        """The call's messages from the live feed until it has ended. Raises CustomerError when that takes too long."""
        deadline = time.monotonic() + seconds
        with connect(f"{self.url.replace('http', 'ws', 1)}/v1/ws", open_timeout=10) as socket:
            socket.send(json.dumps({"type": "auth", "api_key": self.key}))
            socket.send(json.dumps({"type": "subscribe", "call_id": call_id}))
            while True:
                try:
                    message = json.loads(socket.recv(timeout=max(0.0, deadline - time.monotonic())))
                except TimeoutError:
                    raise CustomerError(f"{call_id} did not end within {seconds:.0f} s") from None
                if message["type"] == "error":
                    raise CustomerError(f"the feed: {message['error']}")
                yield message
                if message["type"] in ("call.completed", "call.failed"):
                    return

    def wait_for_end(self, call_id: str, *, seconds: float) -> dict[str, Any]:
        """The call once it has ended. Raises CustomerError when that takes too long."""
        return self._wait(call_id, lambda call: call["status"] in ("completed", "failed"), seconds, "end")

    def wait_for_analysis(self, call_id: str, *, seconds: float) -> dict[str, Any]:
        """The call once it has been analysed, or has failed. Raises CustomerError when that takes too long."""
        return self._wait(
            call_id,
            lambda call: call["status"] == "failed" or (call["sentiment"] and call["recording_url"]),
            seconds,
            "be analysed",
        )

    def download_recording(self, call: dict[str, Any], folder: Path) -> Path:
        """Fetch the recording by its signed link. Raises CustomerError."""
        if not call["recording_url"]:
            raise CustomerError(f"no recording: {call['id']} is {call['status']}, {call['ended_reason']}")
        response = requests.get(call["recording_url"], timeout=REQUEST_SECONDS)
        if not response.ok:
            raise CustomerError(f"the recording's link answered {response.status_code}")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{call['id']}.wav"
        path.write_bytes(response.content)
        return path

    def _wait(self, call_id: str, is_done: Any, seconds: float, what: str) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            call = self.get(f"/calls/{call_id}")
            if is_done(call):
                return call
            if time.monotonic() > deadline:
                raise CustomerError(f"{call_id} did not {what} within {seconds:.0f} s: it is {call['status']}")
            time.sleep(POLL_SECONDS)

    def _answer(self, response: requests.Response) -> dict[str, Any]:
        if not response.ok:
            asked = f"{response.request.method} {response.request.path_url}"
            raise CustomerError(f"{asked}: {response.status_code} {response.text[:500]}")
        answer: dict[str, Any] = response.json()
        return answer
