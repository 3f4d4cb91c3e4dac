"""The page that an invitation's link leads to."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import invitations
from accounts.models import Invitation
from dashboard import onboarding
from dashboard.access import public, switch
from dashboard.acting import actor_of
from vaniagent.lib import errors


@public(methods=("GET", "POST"))
@never_cache
def show_invitation(request: Any, token: str) -> HttpResponseBase:
    """For whom it is meant: a button. For the signed-out: the ways in. For others: whose it is."""
    try:
        invitation = invitations.find(token=token, at=timezone.now())
    except invitations.InvitationGone as gone:
        return render(request, "dashboard/invitation.html", {"gone": gone.message}, status=404)

    if not request.user.is_authenticated:
        # It opens the sign-up, where that is closed, and brings back here whoever signed up.
        request.session[onboarding.INVITATION] = token
    elif request.method == "POST":
        return _accept(request, invitation, token)
    return _page(request, invitation)


def _accept(request: Any, invitation: Invitation, token: str) -> HttpResponseBase:
    try:
        membership = invitations.accept(token=token, user=request.user, ip=actor_of(request).ip, at=timezone.now())
    except errors.ServiceError as error:
        messages.error(request, error.message)
        return _page(request, invitation)

    request.session.pop(onboarding.INVITATION, None)
    switch(request, account=membership.account)
    messages.success(request, _("Welcome to %(name)s.") % {"name": membership.account.name})
    return redirect("home")


def _page(request: Any, invitation: Invitation) -> HttpResponseBase:
    is_theirs = request.user.is_authenticated and request.user.email.lower() == invitation.email
    context = {
        "invitation": invitation,
        "is_theirs": is_theirs,
        "sign_up_is_open": settings.SIGN_UP_OPEN or onboarding.INVITATION in request.session,
    }
    return render(request, "dashboard/invitation.html", context)
