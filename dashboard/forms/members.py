"""Inviting somebody, and the role that a member has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership

Role = Membership.Role

WHAT_ROLES_DO = {
    Role.OWNER: _("Owner: everything, and closing or handing on the workspace"),
    Role.ADMIN: _("Admin: members, billing, data and the audit log as well"),
    Role.DEVELOPER: _("Developer: changes agents, places calls, has keys and webhooks"),
    Role.VIEWER: _("Viewer: reads"),
}


def roles_for(membership: Membership) -> list[tuple[str, Any]]:
    """The roles that this member may give: an owner's is the owners' to give."""
    return [(role.value, role.label) for role in Role if role != Role.OWNER or membership.role == Role.OWNER]


class InviteForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "name@example.com"}),
    )
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect, initial=Role.DEVELOPER)

    def __init__(self, *args: Any, giver: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = [role for role, _label in roles_for(giver)]
        self.fields["role"].choices = [(role.value, words) for role, words in WHAT_ROLES_DO.items() if role in given]  # type: ignore[attr-defined]  # a ChoiceField's
