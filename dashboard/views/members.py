"""Who is in the workspace, and as what: roles, leaving, ownership, invitations."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import invitations, members
from accounts.models import Invitation, Membership
from dashboard.access import Role, page, refuse_role
from dashboard.acting import actor_of
from dashboard.confirming import ask
from dashboard.forms.failing import blame
from dashboard.forms.members import InviteForm, roles_for
from dashboard.requests import DashboardRequest
from vaniagent.lib import errors


@page(methods=("GET", "POST"))
def member_list(request: DashboardRequest) -> HttpResponseBase:
    """A POST invites."""
    is_admin = request.membership.reaches(Role.ADMIN)
    if request.method == "POST" and not is_admin:
        return refuse_role(request, role=Role.ADMIN)

    form = InviteForm(request.POST or None, giver=request.membership)
    if request.method == "POST" and form.is_valid():
        try:
            _invite(request, email=form.cleaned_data["email"], role=form.cleaned_data["role"])
        except errors.ServiceError as error:
            blame(form, error)
        else:
            return redirect("settings_members")

    context = {
        "form": form,
        "is_admin": is_admin,
        "roles": roles_for(request.membership),
        "members": members.members_of(request.account),
        "invitations": invitations.open_invitations(account=request.account, at=timezone.now()) if is_admin else [],
    }
    return render(request, "dashboard/settings_members.html", context)


@page(role=Role.ADMIN, methods=("POST",))
def change_role(request: DashboardRequest) -> HttpResponseBase:
    member = _named(request)
    role = request.POST.get("role", "")
    if role not in Role.values:
        raise Http404

    try:
        members.change_role(member=member, role=role, by=actor_of(request), at=timezone.now())
    except errors.ServiceError as error:
        messages.error(request, error.message)
    else:
        words = {"email": member.user.email, "role": Role(role).label}
        messages.success(request, _("%(email)s: %(role)s from now on.") % words)
    return redirect("settings_members")


@page(methods=("POST",))
def remove_member(request: DashboardRequest) -> HttpResponseBase:
    """Asks first. One's own place may be given up by everybody."""
    member = _named(request)
    leaves = member.pk == request.membership.pk
    if not leaves and not request.membership.reaches(Role.ADMIN):
        return refuse_role(request, role=Role.ADMIN)
    if "is_sure" not in request.POST:
        return _ask_to_remove(request, member, leaves=leaves)

    try:
        members.remove_member(member=member, by=actor_of(request), at=timezone.now())
    except errors.ServiceError as error:
        messages.error(request, error.message)
        return redirect("settings_members")
    if leaves:
        messages.success(request, _("You have left %(name)s.") % {"name": request.account.name})
        return redirect("home")
    messages.success(request, _("%(email)s is out of the workspace.") % {"email": member.user.email})
    return redirect("settings_members")


@page(role=Role.OWNER, methods=("POST",))
def transfer_ownership(request: DashboardRequest) -> HttpResponseBase:
    """Asks first."""
    member = _named(request)
    if "is_sure" not in request.POST:
        return ask(
            request,
            title=_("Make %(email)s the owner?") % {"email": member.user.email},
            text=_("You become an admin: the new owner alone can close the workspace, and make you an owner again."),
            label=_("Hand the workspace on"),
            back=reverse("settings_members"),
            hidden={"member": str(member.pk), "is_sure": "1"},
        )

    try:
        members.transfer_ownership(account=request.account, to=member, by=actor_of(request), at=timezone.now())
    except errors.ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("%(email)s owns the workspace now.") % {"email": member.user.email})
    return redirect("settings_members")


@page(role=Role.ADMIN, methods=("POST",))
def resend_invitation(request: DashboardRequest, invitation_id: str) -> HttpResponseBase:
    """The earlier link ends: the new mail has another."""
    invitation = _open_invitation(request, invitation_id)
    try:
        _invite(request, email=invitation.email, role=invitation.role)
    except errors.ServiceError as error:
        messages.error(request, error.message)
    return redirect("settings_members")


@page(role=Role.ADMIN, methods=("POST",))
def withdraw_invitation(request: DashboardRequest, invitation_id: str) -> HttpResponseBase:
    invitation = _open_invitation(request, invitation_id)
    if invitations.withdraw(invitation=invitation, by=actor_of(request), at=timezone.now()):
        messages.success(request, _("The link that %(email)s has leads nowhere now.") % {"email": invitation.email})
    return redirect("settings_members")


def _invite(request: DashboardRequest, *, email: str, role: str) -> None:
    by, at = actor_of(request), timezone.now()
    invitation = invitations.invite(account=request.account, email=email, role=role, by=by, at=at)
    messages.success(request, _("%(email)s gets a mail with a link.") % {"email": invitation.email})


def _named(request: DashboardRequest) -> Membership:
    """The member that the form names. Raises Http404."""
    named = request.POST.get("member", "")
    if not (named.isascii() and named.isdecimal() and len(named) < 19):
        raise Http404
    try:
        return members.get_member(account=request.account, pk=int(named))
    except members.NoSuchMember:
        raise Http404 from None


def _open_invitation(request: DashboardRequest, public_id: str) -> Invitation:
    still_open = invitations.open_invitations(account=request.account, at=timezone.now())
    found: Invitation = get_object_or_404(still_open, public_id=public_id)
    return found


def _ask_to_remove(request: DashboardRequest, member: Membership, *, leaves: bool) -> HttpResponseBase:
    if leaves:
        title, label = _("Leave %(name)s?") % {"name": request.account.name}, _("Leave the workspace")
        text = _("You see nothing of it any more. To come back takes an invitation.")
    else:
        title, label = _("Remove %(email)s?") % {"email": member.user.email}, _("Remove from the workspace")
        text = _(
            "They see nothing of the workspace any more. Keys that they made stay valid: revoke those that they could have."
        )
    return ask(
        request,
        title=title,
        text=text,
        label=label,
        back=reverse("settings_members"),
        hidden={"member": str(member.pk), "is_sure": "1"},
    )
