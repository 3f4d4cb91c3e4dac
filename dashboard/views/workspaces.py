"""Coming into a workspace: the first one, and from one to another."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import workspaces
from dashboard import onboarding
from dashboard.access import page, public, switch
from dashboard.acting import actor_of
from dashboard.forms.failing import blame
from dashboard.forms.workspaces import FirstWorkspaceForm
from dashboard.requests import DashboardRequest
from vaniagent.lib import errors


@public(methods=("GET", "POST"))
@login_required
def welcome(request: Any) -> HttpResponseBase:
    """For somebody who is in no workspace: opens their own."""
    if getattr(request, "membership", None) is not None or not request.user.is_authenticated:
        return redirect("home")
    if request.method == "GET" and (token := request.session.get(onboarding.INVITATION)):
        # Once: whoever would rather have their own is not led there again.
        del request.session[onboarding.INVITATION]
        return redirect("invitation", token)

    form = FirstWorkspaceForm(request.POST or None, initial={"name": onboarding.name_for(request.user)})
    if request.method == "POST" and form.is_valid():
        name, at = form.cleaned_data["name"], timezone.now()
        try:
            if onboarding.open_first_workspace(user=request.user, name=name, at=at) is None:
                # They had one, and closed it: trial credits are given once.
                workspaces.create_workspace(user=request.user, name=name, ip=actor_of(request).ip, at=at)
        except errors.ServiceError as error:
            blame(form, error)
        else:
            return redirect("home")
    return render(request, "dashboard/welcome.html", {"form": form})


@page(methods=("POST",))
def switch_workspace(request: DashboardRequest) -> HttpResponseBase:
    wanted = request.POST.get("workspace", "")
    membership = next((one for one in request.memberships if one.account.public_id == wanted), None)
    if membership is None:
        raise Http404

    switch(request, account=membership.account)
    messages.info(request, _("You are in %(name)s now.") % {"name": membership.account.name})
    return redirect("home")
