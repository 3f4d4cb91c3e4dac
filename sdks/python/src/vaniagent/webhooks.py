"""Webhooks, on your server: is it ours, is it of now, and what does it say."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Any, Dict, Iterable, Mapping, Optional, Sequence, Tuple, Union

from vaniagent.compat import Protocol
from vaniagent.errors import WebhookVerificationError
from vaniagent.models.base import as_object, parse_time
from vaniagent.models.webhook_event import WebhookEvent, webhook_event

__all__ = ["WebhookEvent", "WebhookVerificationError", "unwrap", "verify"]

TOLERANCE = 300.0
STANDARD = ("webhook-id", "webhook-timestamp", "webhook-signature")
DOCUMENTED = "x-vaniagent-signature"


class Headers(Protocol):
    """Headers of any framework, or a dict."""

    def items(self) -> Iterable[Tuple[Any, Any]]: ...


def unwrap(
    body: Union[bytes, str],
    headers: Headers,
    secret: Union[str, Sequence[str]],
    *,
    tolerance: Optional[float] = TOLERANCE,
) -> WebhookEvent:
    """The event of a webhook, once it is verified. Raises WebhookVerificationError.

    `body` is the request's body as it came, before anything parsed it. `secret` may be several, such as an endpoint's
    new one and its old one. `tolerance` is how many seconds old the request may be; None: any age.
    """
    verify(body, headers, secret, tolerance=tolerance)
    return webhook_event(_parsed(body), delivery_id=_plain(headers).get("x-vaniagent-delivery"))


def verify(
    body: Union[bytes, str],
    headers: Headers,
    secret: Union[str, Sequence[str]],
    *,
    tolerance: Optional[float] = TOLERANCE,
) -> None:
    """Check signature and age, and nothing else. Raises WebhookVerificationError."""
    content = body.encode() if isinstance(body, str) else bytes(body)
    secrets = [secret] if isinstance(secret, str) else list(secret)
    if not secrets or not all(secrets):
        raise WebhookVerificationError("There is no secret to verify the webhook with")
    given = _plain(headers)
    if all(given.get(name) for name in STANDARD):
        _verify_standard(content, given, secrets)
        sent_at = _seconds(given["webhook-timestamp"])
    elif given.get(DOCUMENTED):
        _verify_documented(content, given[DOCUMENTED], secrets)
        # Without the signed time of the request the event's own counts: else a caught request would be good for ever.
        sent_at = _time_of(content)
    else:
        raise WebhookVerificationError("The webhook has no signature")
    if tolerance is not None and abs(time.time() - sent_at) > tolerance:
        raise WebhookVerificationError("The webhook is too old, or of a time to come")


def _verify_standard(content: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> None:
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), content])
    signatures = [
        value.encode()
        for version, _, value in (each.partition(",") for each in headers["webhook-signature"].split())
        if version == "v1"
    ]
    ours = [base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()) for secret in secrets]
    if not _any_equal(ours, signatures):
        raise WebhookVerificationError("The webhook was not signed with this secret")


def _verify_documented(content: bytes, signature: str, secrets: Sequence[str]) -> None:
    ours = [hmac.new(secret.encode(), content, hashlib.sha256).hexdigest().encode() for secret in secrets]
    if not _any_equal(ours, [signature.encode()]):
        raise WebhookVerificationError("The webhook was not signed with this secret")


def _any_equal(ours: Sequence[bytes], theirs: Sequence[bytes]) -> bool:
    """Takes as long whichever it is that matches."""
    return sum(hmac.compare_digest(our, their) for our in ours for their in theirs) > 0


def _key(secret: str) -> bytes:
    encoded = secret[len("whsec_") :] if secret.startswith("whsec_") else secret
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise WebhookVerificationError("The secret is not one of ours: whsec_ and base64") from None


def _plain(headers: Headers) -> Dict[str, str]:
    """Names in lower case, whatever framework they come from."""
    return {_text(name).lower(): _text(value) for name, value in headers.items()}


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _seconds(text: str) -> float:
    if not (text.isascii() and text.isdigit()):
        raise WebhookVerificationError("The webhook's time is not a number")
    return float(text)


def _time_of(content: bytes) -> float:
    moment = parse_time(str(_parsed(content).get("timestamp")))
    if isinstance(moment, str):
        raise WebhookVerificationError("The webhook says no time")
    seconds: float = moment.timestamp()
    return seconds


def _parsed(body: Union[bytes, str]) -> Dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        raise WebhookVerificationError("The webhook's body is not JSON") from None
    if not isinstance(parsed, dict):
        raise WebhookVerificationError("The webhook's body is not a JSON object")
    return as_object(parsed)
