"""Who may see a page. Every view of the dashboard is declared by `page` or by `public`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import Account, Membership, User
from dashboard import impersonation
from dashboard.requests import DashboardRequest

Role = Membership.Role
View = Callable[..., HttpResponseBase]

# The session's key for the public id of the workspace that the person is looking at.
WORKSPACE: Final = "workspace"


@dataclass(frozen=True)
class Access:
    """What a view declares, as its attribute `access`. A public page has no role."""

    role: str | None
    methods: tuple[str, ...]


def page(*, role: str = Role.VIEWER, methods: Sequence[str] = ("GET",)) -> Callable[[View], View]:
    """For members of a workspace who have at least this role there. The view gets a DashboardRequest."""
    access = Access(role=role, methods=_with_head(methods))

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: DashboardRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refusal = _refuse(request, access)
            return view(request, *args, **kwargs) if refusal is None else refusal

        guarded.access = access  # type: ignore[attr-defined]  # tests and the navigation read it
        return guarded

    return declare


def public(*, methods: Sequence[str] = ("GET",)) -> Callable[[View], View]:
    """For everybody. Where somebody is logged in, the page has the same attributes as one of the dashboard."""
    access = Access(role=None, methods=_with_head(methods))

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in access.methods:
                return HttpResponseNotAllowed(access.methods)
            _check_texts(request)
            enter(request)
            return view(request, *args, **kwargs)

        guarded.access = access  # type: ignore[attr-defined]  # tests read it
        return guarded

    return declare


def enter(request: Any) -> bool:
    """Set the person's workspaces on the request: the current one is the session's, else the first. False without one.

    For staff who look as a member it is that member's, alone.
    """
    if (look := impersonation.current(request)) is not None:
        request.memberships, request.membership, request.account = (
            [look.membership],
            look.membership,
            look.membership.account,
        )
        return True

    request.memberships = memberships_of(request.user) if request.user.is_authenticated else []
    wanted = request.session.get(WORKSPACE) if request.memberships else None
    current = next((one for one in request.memberships if one.account.public_id == wanted), None)
    request.membership = current or next(iter(request.memberships), None)
    request.account = request.membership.account if request.membership else None
    return request.membership is not None


def memberships_of(user: User) -> list[Membership]:
    """A person's workspaces that were not closed, oldest membership first."""
    return list(Membership.objects.filter(user=user, account__closed_at=None).select_related("account").order_by("pk"))


def switch(request: DashboardRequest, *, account: Account) -> None:
    """Look at another workspace from the next request on."""
    request.session[WORKSPACE] = account.public_id


def _refuse(request: Any, access: Access) -> HttpResponseBase | None:
    if request.method not in access.methods:
        return HttpResponseNotAllowed(access.methods)
    _check_texts(request)
    if not request.user.is_authenticated:
        return _lead_to(request, redirect_to_login(request.get_full_path(), reverse("account_login")).url)
    if not enter(request):
        return _lead_to(request, reverse("welcome"))
    if access.role is not None and not request.membership.reaches(access.role):
        return refuse_role(request, role=access.role)
    return None


def _check_texts(request: HttpRequest) -> None:
    """Refuse what PostgreSQL would: U+0000 in the address or a form."""
    sent = [request.path_info]
    for values in (request.GET, request.POST):
        sent += [text for name, texts in values.lists() for text in (name, *map(str, texts))]
    if any("\x00" in text for text in sent):
        raise BadRequest("U+0000")


def refuse_role(request: DashboardRequest, *, role: str) -> HttpResponseBase:
    """The page that says which role it takes. For views whose GET takes less than their POST."""
    words = {"needed": Role(role).label, "yours": request.membership.get_role_display()}
    reason = _("This takes the role %(needed)s. Yours in this workspace is %(yours)s.") % words
    return render(request, "403.html", {"reason": reason}, status=403)


def _lead_to(request: DashboardRequest, url: str) -> HttpResponseBase:
    # htmx would put the page that a redirect leads to in the place of a part.
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def _with_head(methods: Sequence[str]) -> tuple[str, ...]:
    return (*methods, "HEAD") if "GET" in methods else tuple(methods)
