"""The Python library of Standard Webhooks, behind Flask."""

from __future__ import annotations

from flask import Flask, request
from flask.typing import ResponseReturnValue
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def make_app(secret: str) -> Flask:
    app = Flask(__name__)
    webhook = Webhook(secret)

    @app.post("/hook")
    def hook() -> ResponseReturnValue:
        try:
            body = webhook.verify(request.get_data(), dict(request.headers.items()))
        except WebhookVerificationError:
            return "Invalid signature", 401
        return str(body["event"]), 200

    return app
