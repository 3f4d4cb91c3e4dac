"""A customer's webhook receiver, as a customer would write it: verifies each delivery, answers 204, keeps it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Delivered:
    """One delivery. `is_genuine`: the signature of the docs and that of Standard Webhooks both hold."""

    event: str
    body: dict[str, Any]
    is_genuine: bool
    event_id: str
    # What it was answered; None: nothing.
    status: int | None


class Receiver:
    """Listens on a free port of loopback. `secret` is set once the endpoint is made.

    `status` says what the next delivery is answered; None ends the connection without an answer.
    """

    def __init__(self, *, status: Callable[[], int | None] = lambda: 204) -> None:
        self.secret = ""
        self.deliveries: list[Delivered] = []
        self._arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                answer = status()
                receiver._take(raw, dict(self.headers), answer)
                if answer is not None:
                    self.send_response(answer)
                    self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet: the demo prints what arrived itself."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, events: set[str], *, call_id: str, seconds: float) -> list[Delivered]:
        """The call's deliveries, as soon as all these events are among them or the time is over."""

        def of_call() -> list[Delivered]:
            return [d for d in self.deliveries if d.body.get("data", {}).get("call_id") == call_id]

        with self._arrived:
            self._arrived.wait_for(lambda: events <= {d.event for d in of_call()}, timeout=seconds)
            return of_call()

    def _take(self, raw: bytes, headers: dict[str, str], status: int | None) -> None:
        headers = {name.lower(): value for name, value in headers.items()}
        is_genuine = verify_documented(raw, headers, self.secret) and verify_standard(raw, headers, self.secret)
        delivered = Delivered(
            event=headers.get("x-vaniagent-event", ""),
            body=json.loads(raw),
            is_genuine=is_genuine,
            event_id=headers.get("webhook-id", ""),
            status=status,
        )
        with self._arrived:
            self.deliveries.append(delivered)
            self._arrived.notify_all()


def verify_documented(raw: bytes, headers: dict[str, str], secret: str) -> bool:
    """The signature that the docs describe: hex HMAC-SHA256 of the raw body, keyed with the secret as shown."""
    expected = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, headers.get("x-vaniagent-signature", ""))


def verify_standard(raw: bytes, headers: dict[str, str], secret: str) -> bool:
    """The signature of the Standard Webhooks specification, of which any may fit while a secret is rotated."""
    signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + raw
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, given) for given in headers.get("webhook-signature", "").split())
