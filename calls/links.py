"""Signed links to a call's files, and to the socket of a browser's talk: they need no key, name one thing, and expire."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from django.conf import settings

LIFETIME: Final = timedelta(days=7)
MEDIA_LIFETIME: Final = timedelta(seconds=60)
# Of a talk by a public link: whoever begins one takes a place among the account's live calls.
PUBLIC_MEDIA_LIFETIME: Final = timedelta(seconds=15)

RECORDING: Final = "recording.wav"
TRANSCRIPT: Final = "transcript.txt"
MEDIA: Final = "media"


class InvalidLink(Exception):
    """The link has expired, or was not made here."""


def recording_url(call_id: str, *, at: datetime) -> str:
    return _url(call_id, RECORDING, at)


def transcript_url(call_id: str, *, at: datetime) -> str:
    return _url(call_id, TRANSCRIPT, at)


def media_path(call_id: str, *, at: datetime, lifetime: timedelta = MEDIA_LIFETIME) -> str:
    """The path of a browser's socket. Whoever opens it first has it (services.talks.take_talk)."""
    expires = str(int((at + lifetime).timestamp()))
    return f"/media/browser/{call_id}.{expires}.{_sign(call_id, MEDIA, expires)}"


def call_of_media(token: str, *, at: datetime) -> str:
    """The call whose socket this is the last part of. Raises InvalidLink."""
    call_id, _, rest = token.partition(".")
    expires, _, signature = rest.partition(".")
    if not expires.isdecimal() or len(expires) > 12:
        raise InvalidLink(MEDIA)
    check(call_id=call_id, name=MEDIA, expires=expires, signature=signature, at=at)
    return call_id


def check(*, call_id: str, name: str, expires: str, signature: str, at: datetime) -> None:
    """Raise InvalidLink unless this file's link was made here and still holds."""
    made_here = hmac.compare_digest(_sign(call_id, name, expires).encode(), signature.encode())
    if not made_here or int(expires) < at.timestamp():
        raise InvalidLink(name)


def _url(call_id: str, name: str, at: datetime) -> str:
    expires = str(int((at + LIFETIME).timestamp()))
    query = f"expires={expires}&signature={_sign(call_id, name, expires)}"
    return f"{settings.PUBLIC_URL}/files/{call_id}/{name}?{query}"


def _sign(call_id: str, name: str, expires: str) -> str:
    digest = hmac.digest(_key(settings.SECRET_KEY), f"{call_id}/{name}?{expires}".encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


@cache
def _key(secret: str) -> bytes:
    """What Django's `Signer(salt="calls.links")` signs with; it would derive it anew for each of a list's links."""
    return hashlib.sha256(f"calls.linkssigner{secret}".encode()).digest()
