"""The workspace's API keys: the list, making one (shown once), revoking one."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import services as accounts
from accounts.models import ApiKey
from dashboard.access import Role, page
from dashboard.acting import actor_of
from dashboard.confirming import ask, is_confirmed
from dashboard.forms.failing import blame
from dashboard.forms.keys import KeyForm
from dashboard.requests import DashboardRequest
from vaniagent.lib import errors

PAGE: Final = 50


@page(role=Role.DEVELOPER, methods=("GET", "POST"))
@never_cache
def key_list(request: DashboardRequest) -> HttpResponseBase:
    """A POST makes a key; its answer is the only page that ever shows it."""
    allowed = accounts.scopes_of_role(request.membership.role)
    form = KeyForm(request.POST or None, allowed=allowed)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            context["key"], context["text"] = _create(request, form)
        except errors.ServiceError as error:
            blame(form, error)
        else:
            form = KeyForm(allowed=allowed)

    is_revoked = request.GET.get("status") == "revoked"
    keys = ApiKey.objects.for_account(request.account).filter(revoked_at__isnull=not is_revoked).order_by("-pk")
    context |= {
        "form": form,
        "page": Paginator(keys, PAGE).get_page(request.GET.get("page")),
        "is_revoked": is_revoked,
        "now": timezone.now(),
        "tabs": [
            {"url": reverse("settings_keys"), "label": _("In use"), "is_current": not is_revoked},
            {"url": f"{reverse('settings_keys')}?status=revoked", "label": _("Revoked"), "is_current": is_revoked},
        ],
    }
    return render(request, "dashboard/settings_keys.html", context)


@page(role=Role.DEVELOPER, methods=("GET", "POST"))
def revoke(request: DashboardRequest, key_id: str) -> HttpResponseBase:
    """Asks first."""
    key: ApiKey = get_object_or_404(ApiKey.objects.for_account(request.account), public_id=key_id)
    if is_confirmed(request):
        accounts.revoke_api_key(key=key, by=actor_of(request), at=timezone.now())
        messages.success(request, _("The key %(name)s is revoked.") % {"name": _name_of(key)})
        return redirect("settings_keys")

    return ask(
        request,
        title=_("Revoke %(name)s?") % {"name": _name_of(key)},
        text=_(
            "The next request with it is refused, and what it follows on the live feed is cut off within a second. "
            "Calls in progress go on. A revoked key cannot be brought back."
        ),
        label=_("Revoke the key"),
        back=reverse("settings_keys"),
    )


def _create(request: DashboardRequest, form: KeyForm) -> tuple[ApiKey, str]:
    at = timezone.now()
    return accounts.create_api_key(
        account=request.account,
        mode=form.cleaned_data["mode"],
        name=form.cleaned_data["name"],
        scopes=form.cleaned_data["scopes"],
        expires_at=form.expires_at(at),
        by=actor_of(request),
        at=at,
    )


def _name_of(key: ApiKey) -> str:
    return key.name or f"va_{key.mode}_…{key.last4}"
