"""Staff look at a workspace as one of its members sees it: read-only, for half an hour, and in its audit log.

The session stays the staff member's own. `ImpersonationMiddleware` sets `request.looking`, which `access.enter` heeds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Membership
from accounts.staff import actor_of

PERMISSION: Final = "accounts.impersonate_member"
LASTS: Final = timedelta(minutes=30)
READING: Final = ("GET", "HEAD", "OPTIONS")

# The session's key: which membership, whom of the staff, until when.
_KEY: Final = "looking"


@dataclass(frozen=True)
class Look:
    """A member of the staff looks as this member, until then."""

    membership: Membership
    until: datetime


def may_look(user: Any) -> bool:
    """Whether this person may look at workspaces as their members do."""
    return bool(user.is_active and user.is_staff and user.has_perm(PERMISSION))


def current(request: HttpRequest) -> Look | None:
    """What the staff member looks at now, if at anything."""
    look: Look | None = getattr(request, "looking", None)
    return look


@transaction.atomic
def begin(request: HttpRequest, *, membership: Membership, reason: str, at: datetime) -> None:
    """Look as this member from the next request on. A look that was open ends."""
    if _KEY in request.session:
        end(request, how="another began", at=at)
    until = at + LASTS
    _record(
        request, membership, "workspace.viewed_by_staff", at, reason=reason, until=until.isoformat(timespec="seconds")
    )
    request.session[_KEY] = {"membership": membership.pk, "staff": request.user.pk, "until": until.timestamp()}


@transaction.atomic
def end(request: HttpRequest, *, how: str, at: datetime) -> Membership | None:
    """Stop looking. The membership that was looked at; None where there was none, or it is gone."""
    kept = request.session.pop(_KEY, None)
    membership = _membership(kept["membership"]) if kept else None
    if membership is not None:
        _record(request, membership, "workspace.left_by_staff", at, how=how)
    return membership


class ImpersonationMiddleware:
    """Lets staff who look at a workspace read, and nothing else; ends the look when its time is over."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or _KEY not in request.session:
            return self._get_response(request)

        # In the staff's own pages they act as themselves.
        if request.path.startswith(reverse("admin:index")):
            return self._get_response(request)
        if request.path == reverse("account_logout"):
            if request.method == "POST":
                end(request, how="logged out", at=timezone.now())
            return self._get_response(request)

        look = _open_look(request, at=timezone.now())
        if look is None:
            return _tell_it_is_over(request)
        request.looking = look  # type: ignore[attr-defined]  # read by `current`
        if request.method not in READING:
            reason = _("You look at this workspace as staff: you can read everything and change nothing.")
            return render(request, "403.html", {"reason": reason}, status=403)
        return self._get_response(request)


def _open_look(request: HttpRequest, *, at: datetime) -> Look | None:
    """The look that the session holds, if it may go on."""
    kept = request.session[_KEY]
    until = datetime.fromtimestamp(kept["until"], UTC)
    if at >= until or kept["staff"] != request.user.pk or not may_look(request.user):
        return None
    membership = _membership(kept["membership"])
    return Look(membership, until) if membership is not None else None


def _tell_it_is_over(request: HttpRequest) -> HttpResponseBase:
    # Never on to the page itself: it would show, or change, a workspace of the staff member's own.
    membership = end(request, how="its time was over", at=timezone.now())
    messages.info(request, _("You no longer look at the workspace."))
    if membership is None:
        return redirect("admin:index")
    return redirect("admin:accounts_account_change", membership.account_id)


def _membership(pk: int) -> Membership | None:
    found: Membership | None = Membership.objects.select_related("account", "user").filter(pk=pk).first()
    return found


def _record(request: HttpRequest, membership: Membership, action: str, at: datetime, **details: audit.Detail) -> None:
    audit.record(
        account=membership.account,
        by=actor_of(request),
        action=action,
        target=membership.account.public_id,
        details={"as": membership.user.email, **details},
        at=at,
    )
