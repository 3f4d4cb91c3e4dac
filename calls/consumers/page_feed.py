"""The live feed for our own pages: whoever is logged in follows calls of their workspace, by the session's cookie.

It only tells. What people do to a call goes through the page, which knows their role and writes the audit log.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http.cookie import parse_cookie
from django.utils import timezone

from accounts import visitors
from accounts.models import Scope
from calls.consumers import sockets
from calls.consumers.feed import ABUSE, NOT_AUTHENTICATED, SCOPES, FeedConsumer
from calls.consumers.rounds import jobs
from vaniagent.lib import errors

WRONG_ORIGIN: Final = 4403
NOT_NOW: Final = 4503


class PageFeedConsumer(FeedConsumer):
    """One page's socket: `subscribe` and `unsubscribe`, as in /v1/ws, without `auth`."""

    async def connect(self) -> None:
        await super().connect()
        if not self._is_from_here():
            self._end(WRONG_ORIGIN)
            return
        try:
            visitor = await jobs().run(
                visitors.find_visitor,
                session_key=self._session_key(),
                account_id=self.scope["url_route"]["kwargs"]["account_id"],
                at=timezone.now(),
            )
        except (DatabaseError, InterfaceError):
            self._end(NOT_NOW)
            return
        if visitor is None:
            self._end(NOT_AUTHENTICATED)
        elif await jobs().run(sockets.enter, account_id=visitor.account_id, name=self.name):
            self.key = visitor
        else:
            self._end(ABUSE)

    def _require(self, kind: str) -> None:
        if SCOPES.get(kind) != Scope.READ:
            raise errors.PermissionDenied("This socket only tells what happens.", param="type")

    def _is_from_here(self) -> bool:
        """Whether the page is one of ours: a cookie comes with every page's socket."""
        headers = dict(self.scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1").rstrip("/")
        host = headers.get(b"host", b"").decode("latin-1")
        return bool(origin) and (origin == settings.PUBLIC_URL or urlsplit(origin).netloc == host)

    def _session_key(self) -> str:
        headers = dict(self.scope["headers"])
        cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
        return cookies.get(settings.SESSION_COOKIE_NAME, "")
