"""The pages' addresses, a list for each part of the dashboard. allauth's own are under /accounts/."""

from __future__ import annotations

from django.urls import URLPattern, path

from dashboard.views import call, calls, home, preferences, site, talk, workspaces

SITE = [
    path("", home.home, name="home"),
    path("welcome", workspaces.welcome, name="welcome"),
    path("workspace", workspaces.switch_workspace, name="switch_workspace"),
    path("preferences", preferences.preferences, name="preferences"),
    path("theme", preferences.theme, name="theme"),
    path("pricing", site.pricing, name="pricing"),
    path("legal/terms", site.terms, name="terms"),
    path("legal/privacy", site.privacy, name="privacy"),
    path("status", site.status, name="status"),
    path("docs/design", site.design, name="design"),
]
AGENTS: list[URLPattern] = []
CALLS = [
    path("calls", calls.calls, name="calls"),
    path("calls/export.csv", calls.export_calls, name="export_calls"),
    path("calls/views", calls.save_call_view, name="save_call_view"),
    path("calls/views/delete", calls.delete_call_view, name="delete_call_view"),
    path("calls/<str:call_id>", call.call, name="call"),
]
TALK = [
    path("agents/<str:agent_id>/talk", talk.start_talk, name="start_talk"),
    path("talk/<str:slug>", talk.public_talk, name="public_talk"),
    path("widget.js", talk.widget, name="widget"),
]
SETTINGS: list[URLPattern] = []
DOCS: list[URLPattern] = []

urlpatterns = [*SITE, *AGENTS, *CALLS, *TALK, *SETTINGS, *DOCS]
