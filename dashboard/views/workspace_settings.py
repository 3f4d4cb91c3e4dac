"""The workspace itself: its name, a further one, closing it."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import workspaces
from dashboard.access import Role, page, refuse_role, switch
from dashboard.acting import actor_of
from dashboard.confirming import ask, is_confirmed
from dashboard.forms.failing import blame
from dashboard.forms.workspaces import WorkspaceNameForm
from dashboard.requests import DashboardRequest
from vaniagent.lib import errors


@page(methods=("GET", "POST"))
def show_workspace(request: DashboardRequest) -> HttpResponseBase:
    """A POST renames it."""
    if request.method == "POST" and not request.membership.reaches(Role.ADMIN):
        return refuse_role(request, role=Role.ADMIN)

    form = WorkspaceNameForm(request.POST or None, initial={"name": request.account.name})
    if request.method == "POST" and form.is_valid():
        name, by = form.cleaned_data["name"], actor_of(request)
        try:
            workspaces.rename_workspace(account=request.account, name=name, by=by, at=timezone.now())
        except errors.ServiceError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("settings_workspace")
    return render(request, "dashboard/settings_workspace.html", {"form": form})


@page(methods=("GET", "POST"))
def new_workspace(request: DashboardRequest) -> HttpResponseBase:
    """A further one of the reader's own, which is the current one from then on."""
    form = WorkspaceNameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name, by = form.cleaned_data["name"], actor_of(request)
        try:
            account = workspaces.create_workspace(user=request.user, name=name, ip=by.ip, at=timezone.now())
        except errors.ServiceError as error:
            blame(form, error)
        else:
            switch(request, account=account)
            messages.success(request, _("%(name)s is ready. You are its owner.") % {"name": account.name})
            return redirect("home")
    return render(request, "dashboard/settings_workspace_new.html", {"form": form})


@page(role=Role.OWNER, methods=("GET", "POST"))
def close_workspace(request: DashboardRequest) -> HttpResponseBase:
    """Asks first, and has the name typed."""
    name = request.account.name
    if is_confirmed(request, word=name):
        workspaces.close_workspace(account=request.account, by=actor_of(request), at=timezone.now())
        messages.success(request, _("%(name)s is closed.") % {"name": name})
        return redirect("home")

    return ask(
        request,
        title=_("Close %(name)s?") % {"name": name},
        text=_(
            "Nobody gets in any more, its keys and invitations end at once, and no new call begins; calls in progress come "
            "to their end. What callers said is erased after %(days)d days. Credits that are left are not paid out. Take "
            "statements and a file of everything out first: this is for good."
        )
        % {"days": workspaces.ERASED_AFTER.days},
        label=_("Close it for good"),
        back=reverse("settings_workspace"),
        word=name,
    )
