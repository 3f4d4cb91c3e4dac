"""Receive webhooks with FastAPI.

pip install fastapi uvicorn vaniagent
VANIAGENT_WEBHOOK_SECRET=whsec_... uvicorn webhook_fastapi:app --port 5000
"""

from __future__ import annotations

import logging
import os
from typing import Set

from fastapi import FastAPI, HTTPException, Request

from vaniagent import webhooks
from vaniagent.models.webhook_event import CallEndedEvent, TranscriptReadyEvent

app = FastAPI()
log = logging.getLogger("uvicorn.error")
# While a secret is rotated: both, separated by a comma.
SECRETS = os.environ["VANIAGENT_WEBHOOK_SECRET"].split(",")
# A delivery may come more than once. A database does this better than a variable.
seen: Set[str] = set()


@app.post("/webhooks", status_code=204)
async def receive(request: Request) -> None:
    try:
        event = webhooks.unwrap(await request.body(), request.headers, SECRETS)
    except webhooks.WebhookVerificationError:
        raise HTTPException(400, "not ours") from None
    if event.delivery_id in seen:
        return
    seen.add(event.delivery_id or "")

    if isinstance(event, CallEndedEvent):
        log.info("%s %s: %s", event.event, event.data.call_id, event.data.ended_reason)
    elif isinstance(event, TranscriptReadyEvent):
        log.info("%s %s", event.event, event.data.call_id)
    # What is not known here is answered all the same: otherwise it would be sent again.
