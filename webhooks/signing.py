"""Signing secrets, and the headers by which a receiver knows that a delivery is ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

_PREFIX = "whsec_"


def new_secret() -> str:
    """A signing secret as customers see it: `whsec_` and base64 of 32 random bytes."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(*, body: bytes, message_id: str, at: datetime, signing_secrets: Sequence[str]) -> dict[str, str]:
    """Our documented header, signed with the newest secret, and Standard Webhooks' three, signed with each."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join([message_id.encode(), timestamp.encode(), body])
    return {
        "X-Vaniagent-Signature": hmac.new(signing_secrets[0].encode(), body, hashlib.sha256).hexdigest(),
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_standard_signature(secret, signed) for secret in signing_secrets),
    }


def _standard_signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
