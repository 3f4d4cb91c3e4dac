"""Where every URL leads."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from agents.api.previews import voice_preview
from billing.callbacks import stripe_notice
from calls import callbacks
from calls.api.files import call_file
from vaniagent import health
from vaniagent.asyncapi import AsyncApiView
from vaniagent.openapi import OpenApiView
from vaniagent.policy_reports import policy_report

handler500 = "dashboard.views.errors.server_error"

urlpatterns = [
    # Tried from top to bottom: what is asked most comes first.
    path("v1/", include("calls.api.urls")),
    path("v1/", include("agents.api.urls")),
    path("v1/", include("billing.api.urls")),
    path("v1/", include("webhooks.api.urls")),
    path("v1/asyncapi.json", AsyncApiView.as_view()),
    path("v1/openapi.json", OpenApiView.as_view()),
    path("", include("dashboard.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("billing/stripe", stripe_notice),
    path("callbacks/twilio/lines/<str:line_id>", callbacks.incoming_call),
    path("callbacks/twilio/lines/<str:line_id>/status", callbacks.line_state),
    path("callbacks/twilio/calls/<str:key>/status", callbacks.call_state),
    path("callbacks/twilio/calls/<str:key>/next", callbacks.next_step),
    path("i18n/", include("django.conf.urls.i18n")),
    path("csp-report", policy_report, name="policy_report"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("files/voices/<str:voice_id>.wav", voice_preview, name="voice_preview"),
    path("files/<str:call_id>/<str:name>", call_file),
]
