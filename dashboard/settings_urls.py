"""The addresses of a workspace's settings, and of the invitation into one."""

from __future__ import annotations

from django.urls import path

from dashboard.views import keys

SETTINGS = [
    path("settings/keys", keys.key_list, name="settings_keys"),
    path("settings/keys/<str:key_id>/revoke", keys.revoke, name="revoke_key"),
]
