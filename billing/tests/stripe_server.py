"""An HTTP server that answers as Stripe does, in the shapes of its API reference, for the real library to talk to."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import stripe

SECRET_KEY = "sk_test_secret"
WEBHOOK_SECRET = "whsec_stripe"
API_VERSION = "2026-09-30.clover"


class StripeServer:
    """What it was asked, and the sessions that it has made."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.requests: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.sessions: dict[str, dict[str, Any]] = {}
        # Statuses that it answers with before it does what it is asked.
        self.faults: list[int] = []

    def answer(self, method: str, path: str, form: dict[str, str], headers: dict[str, str]) -> tuple[int, Any]:
        self.requests.append((f"{method} {path}", form, headers))
        if self.faults:
            return self.faults.pop(0), {"error": {"type": "api_error", "message": "An error of Stripe's."}}
        if headers.get("Authorization") != f"Bearer {SECRET_KEY}":
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
        if (method, path) == ("POST", "/v1/checkout/sessions"):
            return 200, self._session(form)
        if found := re.fullmatch(r"/v1/payment_intents/pi_(\d+)", path):
            marks = next((it["metadata"] for it in self.sessions.values() if it["number"] == int(found[1])), None)
            if marks is not None:
                return 200, {"id": f"pi_{found[1]}", "object": "payment_intent", "metadata": marks}
        return 404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such thing"}}

    def _session(self, form: dict[str, str]) -> dict[str, Any]:
        number = len(self.sessions) + 1
        amount = int(form["line_items[0][price_data][unit_amount]"])
        session = {
            "id": f"cs_test_{number}",
            "object": "checkout.session",
            "amount_subtotal": amount,
            "amount_total": amount,
            "cancel_url": form["cancel_url"],
            "client_reference_id": form["client_reference_id"],
            "currency": form["line_items[0][price_data][currency]"],
            "livemode": False,
            "metadata": {
                "top_up_id": form["payment_intent_data[metadata][top_up_id]"],
                "account_id": form["payment_intent_data[metadata][account_id]"],
            },
            "mode": "payment",
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": form["success_url"],
            "url": f"https://checkout.stripe.com/c/pay/cs_test_{number}",
        }
        self.sessions[f"cs_test_{number}"] = {**session, "number": number}
        return session

    # --- What it sends us ---

    def session_event(self, kind: str, checkout_id: str, **changes: Any) -> dict[str, Any]:
        session = dict(self.sessions[checkout_id])
        number = session.pop("number")
        return event_of(f"checkout.session.{kind}", {**session, "payment_intent": f"pi_{number}", **changes})

    def refund_event(self, number: int, refunded: int) -> dict[str, Any]:
        charge = {
            "id": f"ch_{number}",
            "object": "charge",
            "amount": 2000,
            "amount_refunded": refunded,
            "currency": "usd",
            "payment_intent": f"pi_{number}",
            "refunded": refunded == 2000,
        }
        return event_of("charge.refunded", charge)

    def dispute_event(self, kind: str, number: int, amount: int) -> dict[str, Any]:
        dispute = {
            "id": f"dp_{number}",
            "object": "dispute",
            "amount": amount,
            "charge": f"ch_{number}",
            "currency": "usd",
            "payment_intent": f"pi_{number}",
            "status": "needs_response",
        }
        return event_of(f"charge.dispute.{kind}", dispute)


def event_of(kind: str, about: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "api_version": API_VERSION,
        "created": int(time.time()),
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def signature_of(payload: str, *, secret: str = WEBHOOK_SECRET, at: float | None = None) -> str:
    """The header that Stripe would send with this payload, made by its library's own scheme."""
    timestamp = int(time.time() if at is None else at)
    return f"t={timestamp},v1={stripe.WebhookSignature._compute_signature(f'{timestamp}.{payload}', secret)}"


@contextmanager
def stripe_server() -> Iterator[StripeServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            status, answer = server.answer(method, self.path, dict(parse_qsl(body)), dict(self.headers.items()))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: tests speak for themselves."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = StripeServer(f"http://127.0.0.1:{listening.server_port}")
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join(5)
