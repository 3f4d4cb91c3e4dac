"""The published Flask verifier: HMAC over the raw request text."""

from __future__ import annotations

import hashlib
import hmac

from flask import Flask, request
from flask.typing import ResponseReturnValue


def make_app(secret: str) -> Flask:
    app = Flask(__name__)

    @app.post("/hook")
    def hook() -> ResponseReturnValue:
        payload = request.get_data(as_text=True)
        expected = hmac.new(secret.encode("utf-8"), payload.encode("utf-8"), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, request.headers.get("X-Vaniagent-Signature", "")):
            return "Invalid signature", 401
        return str(request.get_json()["event"]), 200

    return app
