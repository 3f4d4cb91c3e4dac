"""Staff's site: the product's own log-in, one search over everything, how the installation does, looking as a member."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from unfold.sites import UnfoldAdminSite

from accounts.models import Membership
from dashboard import impersonation
from vaniagent.lib.staff_admin import ReasonForm, TookTooLong, address_of, bounded
from vaniagent.staff import overview, searching

# django-unfold's scripts evaluate attributes (Alpine), and its pages carry inline styles.
POLICY: Final = {
    "default-src": [NONE],
    "base-uri": [NONE],
    "connect-src": [SELF],
    "font-src": [SELF],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "img-src": [SELF, "data:"],
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

View = Callable[..., HttpResponse]


class StaffSite(UnfoldAdminSite):  # type: ignore[misc]  # django-unfold has no types
    index_title = "Overview"

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        guarded: View = csp_replace(POLICY)(super().admin_view(view, cacheable))  # type: ignore[assignment]  # any arguments
        return guarded

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether somebody is staff, and has a second factor where staff must."""
        return bool(super().has_permission(request)) and not self._lacks_totp(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The product's own log-in, with its rate limits and second factor. For others these pages do not exist."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next", reverse("admin:index")), reverse("account_login"))
        if not super().has_permission(request):
            raise Http404
        if self._lacks_totp(request):
            messages.warning(request, "Staff need a second factor here. Set one up, and come back.")
            return redirect("mfa_activate_totp")
        return redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_change_password")

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("find", self.admin_view(self.find), name="find"),
            path("processes", self.admin_view(require_safe(self.processes)), name="processes"),
            path("look/<int:pk>", self.admin_view(self.impersonate), name="impersonate"),
            path("look/end", self.admin_view(require_POST(self.stop_impersonating)), name="impersonate_end"),
        ]
        return [*own, *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        now = timezone.now()
        tiles = overview.tiles(at=now)
        shown = {"tiles": tiles, "holders": overview.holders(at=now), "workers": overview.workers(at=now)}
        answer: HttpResponse = super().index(request, {**shown, **(extra_context or {})})
        return answer

    def find(self, request: HttpRequest) -> HttpResponse:
        """What a text names, whatever it is. By POST, because it may be a whole key, which no log must hold."""
        text = request.POST.get("text", "").strip()
        try:
            with bounded():
                groups = searching.find(self, request, text) if text else []
        except TookTooLong as error:
            messages.error(request, str(error))
            return redirect("admin:index")
        found = [one for group in groups for one in group.found]
        if len(found) == 1:
            return redirect(found[0].address)
        shown = "" if text.startswith(("va_live_", "va_test_")) else text
        context = {**self.each_context(request), "title": "Find", "text": shown, "asked": bool(text), "groups": groups}
        return TemplateResponse(request, "admin/staff/find.html", context)

    def processes(self, request: HttpRequest) -> HttpResponse:
        """Everything that runs: holders of legs, workers as the queue knows them, stores, queues."""
        now = timezone.now()
        context = {
            **self.each_context(request),
            "title": "Processes",
            "holders": overview.holders(at=now),
            "workers": overview.workers(at=now),
            "nodes": overview.nodes(),
            "stores": overview.stores(),
            "queues": overview.queues(),
        }
        return TemplateResponse(request, "admin/staff/processes.html", context)

    def impersonate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask why, and look at a workspace as one of its members."""
        if not impersonation.may_look(request.user):
            raise PermissionDenied
        membership = get_object_or_404(Membership.objects.select_related("account", "user"), pk=pk)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            impersonation.begin(request, membership=membership, reason=reason, at=timezone.now())
            return redirect("home")
        context = {
            **self.each_context(request),
            "title": f"Look at {membership.account.name} as {membership.user.email}",
            "form": form,
            "label": "Look for 30 minutes",
            "back": address_of(membership.account),
        }
        return TemplateResponse(request, "admin/staff/form.html", context)

    def stop_impersonating(self, request: HttpRequest) -> HttpResponse:
        membership = impersonation.end(request, how="stopped", at=timezone.now())
        return redirect(address_of(membership.account) if membership else reverse("admin:index"))

    def _lacks_totp(self, request: HttpRequest) -> bool:
        if not settings.STAFF_MUST_USE_TOTP or not request.user.is_authenticated:
            return False
        return not is_mfa_enabled(request.user, [Authenticator.Type.TOTP])
