"""The pages' addresses, a list for each part of the dashboard. allauth's own are under /accounts/."""

from __future__ import annotations

from django.urls import URLPattern, path

from dashboard.reference import catalog
from dashboard.settings_urls import SETTINGS
from dashboard.views import (
    agent_facts,
    agent_share,
    agent_versions,
    agents,
    call,
    call_audio,
    call_control,
    call_trace,
    calls,
    dialing,
    docs,
    home,
    place_call,
    preferences,
    site,
    talk,
    workspaces,
)

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
AGENTS: list[URLPattern] = [
    path("agents", agents.agent_list, name="agents"),
    path("agents/new", agents.new_agent, name="new_agent"),
    path("agents/<str:agent_id>", agents.edit_agent, name="agent"),
    path("agents/<str:agent_id>/duplicate", agents.duplicate_agent, name="duplicate_agent"),
    path("agents/<str:agent_id>/archive", agents.archive_agent, name="archive_agent"),
    path("agents/<str:agent_id>/unarchive", agents.unarchive_agent, name="unarchive_agent"),
    path("agents/<str:agent_id>/versions", agent_versions.version_list, name="agent_versions"),
    path("agents/<str:agent_id>/versions/<int:number>", agent_versions.show_version, name="agent_version"),
    path("agents/<str:agent_id>/versions/<int:number>/restore", agent_versions.restore, name="restore_agent"),
    path("agents/<str:agent_id>/facts", agent_facts.facts, name="agent_facts"),
    path("agents/<str:agent_id>/share", agent_share.share, name="agent_share"),
    path("agents/<str:agent_id>/share/off", agent_share.switch_off, name="agent_share_off"),
    path("agents/<str:agent_id>/share/rotate", agent_share.rotate, name="agent_share_rotate"),
]
CALLS = [
    path("calls", calls.calls, name="calls"),
    path("calls/export.csv", calls.export_calls, name="export_calls"),
    path("calls/views", calls.save_call_view, name="save_call_view"),
    path("calls/views/delete", calls.delete_call_view, name="delete_call_view"),
    path("calls/new", place_call.place_call, name="place_call"),
    path("calls/batches", place_call.call_batches, name="call_batches"),
    path("calls/batches/new", place_call.new_batch, name="new_batch"),
    path("calls/batches/<str:batch_id>", place_call.call_batch, name="call_batch"),
    path("calls/batches/<str:batch_id>/results.csv", place_call.batch_results, name="batch_results"),
    path("calls/batches/<str:batch_id>/move", place_call.move_batch, name="move_batch"),
    path("calls/<str:call_id>", call.call, name="call"),
    path("calls/<str:call_id>/peaks.json", call.call_peaks, name="call_peaks"),
    path("calls/<str:call_id>/checks", dialing.dial_checks, name="call_checks"),
    path("calls/<str:call_id>/sip", call_trace.sip_trace, name="sip_trace"),
    path("calls/<str:call_id>/sip.txt", call_trace.sip_trace_file, name="sip_trace_file"),
    path("calls/<str:call_id>/listen", call_audio.listen_in, name="listen_in"),
    path("calls/<str:call_id>/say", call_control.say_in_call, name="say_in_call"),
    path("calls/<str:call_id>/note", call_control.note_in_call, name="note_in_call"),
    path("calls/<str:call_id>/press", call_control.press_in_call, name="press_in_call"),
    path("calls/<str:call_id>/transfer", call_control.transfer_call, name="transfer_call"),
    path("calls/<str:call_id>/hang-up", call_control.hang_up_call, name="hang_up_call"),
    path(
        "calls/<str:call_id>/deliveries/<str:delivery_id>/replay",
        call_control.replay_call_delivery,
        name="replay_call_delivery",
    ),
]
TALK = [
    path("agents/<str:agent_id>/talk", talk.start_talk, name="start_talk"),
    path("talk/<str:slug>", talk.public_talk, name="public_talk"),
    path("widget.js", talk.widget, name="widget"),
]
DOCS = [
    path("docs", docs.docs, name="docs"),
    path("docs/search", docs.docs_search, name="docs_search"),
    *(path(page.path, docs.docs_page, {"name": page.name}, name=page.url_name) for page in catalog.PAGES.values()),
]

urlpatterns = [*SITE, *AGENTS, *CALLS, *TALK, *SETTINGS, *DOCS]
