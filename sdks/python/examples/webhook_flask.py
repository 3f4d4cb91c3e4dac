"""Receive webhooks with Flask.

pip install flask vaniagent
VANIAGENT_WEBHOOK_SECRET=whsec_... flask --app webhook_flask run --port 5000
"""

from __future__ import annotations

import os
from typing import Set, Tuple

from flask import Flask, request

from vaniagent import webhooks

app = Flask(__name__)
# While a secret is rotated: both, separated by a comma.
SECRETS = os.environ["VANIAGENT_WEBHOOK_SECRET"].split(",")
# A delivery may come more than once. A database does this better than a variable.
seen: Set[str] = set()


@app.post("/webhooks")
def receive() -> Tuple[str, int]:
    try:
        event = webhooks.unwrap(request.get_data(), request.headers, SECRETS)
    except webhooks.WebhookVerificationError:
        return "not ours", 400
    if event.delivery_id in seen:
        return "", 204
    seen.add(event.delivery_id or "")

    if event.event == "call.completed" or event.event == "call.failed":
        app.logger.warning("%s %s: %s", event.event, event.data.call_id, event.data.ended_reason)
    elif event.event == "transcript.ready":
        app.logger.warning("%s %s", event.event, event.data.call_id)
    # What is not known here is answered all the same: otherwise it would be sent again.
    return "", 204
