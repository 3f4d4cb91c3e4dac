"""Twilio's REST side, played on loopback: it keeps calls, moves them on as a test says, and signs what it calls back."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import requests
from twilio.request_validator import RequestValidator

ACCOUNT = "AC" + "0" * 32
TOKEN = "token of ours"
LIVE = ("queued", "ringing", "in-progress")


def new_sid() -> str:
    return "CA" + secrets.token_hex(16)


def sign(url: str, form: dict[str, str], *, token: str = TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(url, form))


@dataclass
class PeerCall:
    sid: str
    form: dict[str, list[str]]
    status: str = "queued"
    hung_up: threading.Event = field(default_factory=threading.Event)

    def said(self, name: str) -> str:
        return self.form.get(name, [""])[0]


class TwilioPeer:
    """`with TwilioPeer() as peer:`. `on_dial` gets each call that was placed, on a thread of its own."""

    def __init__(self) -> None:
        self.calls: dict[str, PeerCall] = {}
        self.account_status = "active"
        self.numbers = ["+14155550103"]
        self.on_dial: Callable[[PeerCall], None] = lambda call: None
        # What the next dial is answered with: an HTTP status and Twilio's code; or nothing, after it was placed.
        self.refusal: tuple[int, int] | None = None
        self.forgets_to_answer = False
        self.requests: list[tuple[str, str]] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
                self._answer(parse_qs(body))

            def _answer(self, form: dict[str, list[str]]) -> None:
                answer = peer.answer(self.command, self.path, self.headers.get("Authorization", ""), form)
                if answer is None:
                    self.close_connection = True
                    return
                status, body = answer
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(
        self, method: str, path: str, login: str, form: dict[str, list[str]]
    ) -> tuple[int, dict[str, Any]] | None:
        parts = urlsplit(path)
        self.requests.append((method, parts.path))
        expected = requests.auth._basic_auth_str(ACCOUNT, TOKEN)
        if login != expected:
            return 401, {"code": 20003, "message": "Authenticate", "status": 401}
        base = f"/2010-04-01/Accounts/{ACCOUNT}"
        rest = parts.path.removeprefix(base)
        if rest == ".json":
            return 200, {"sid": ACCOUNT, "status": self.account_status}
        if rest in ("/IncomingPhoneNumbers.json", "/OutgoingCallerIds.json"):
            return 200, self._numbers(rest, parse_qs(parts.query))
        if rest == "/Calls.json" and method == "POST":
            return self._dial(form)
        call = self.calls.get(rest.removeprefix("/Calls/").removesuffix(".json"))
        if call is None:
            return 404, {"code": 20404, "message": "not found", "status": 404}
        if method == "POST" and call.status not in LIVE:
            return 400, {"code": 21220, "message": "Call is not in-progress", "status": 400}
        if method == "POST":
            was_answered = call.status == "in-progress"
            call.status = form["Status"][0] if was_answered else "canceled"
            call.hung_up.set()
        return 200, {"sid": call.sid, "status": call.status}

    def callback_form(self, call: PeerCall, state: str, **more: str) -> dict[str, str]:
        return {"AccountSid": ACCOUNT, "CallSid": call.sid, "CallStatus": state, **more}

    def call_back(self, call: PeerCall, state: str, **more: str) -> int:
        """Move the call on, and say so as Twilio does."""
        call.status = state
        url, form = call.said("StatusCallback"), self.callback_form(call, state, **more)
        headers = {"X-Twilio-Signature": sign(url, form)}
        return requests.post(url, data=form, headers=headers, timeout=10).status_code

    def ask(self, url: str, form: dict[str, str]) -> str:
        """Fetch TwiML."""
        answer = requests.post(url, data=form, headers={"X-Twilio-Signature": sign(url, form)}, timeout=10)
        answer.raise_for_status()
        return answer.text

    def _dial(self, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]] | None:
        if self.refusal is not None:
            status, code = self.refusal
            return status, {"code": code, "message": "refused", "status": status}
        call = PeerCall(new_sid(), form)
        self.calls[call.sid] = call
        threading.Thread(target=self.on_dial, args=(call,), daemon=True).start()
        return None if self.forgets_to_answer else (201, {"sid": call.sid, "status": "queued"})

    def _numbers(self, path: str, query: dict[str, list[str]]) -> dict[str, Any]:
        wanted = query.get("PhoneNumber", [""])[0]
        owns = path.startswith("/Incoming") and wanted in self.numbers
        name = "incoming_phone_numbers" if path.startswith("/Incoming") else "outgoing_caller_ids"
        return {name: [{"sid": "PN1", "phone_number": wanted}] if owns else [], "next_page_uri": None, "page_size": 1}
