"""Every address with an id in it, in the hands of somebody from another workspace: what is there does not exist for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import URLPattern, reverse

from dashboard import access, urls
from ops import sample


def access_of(pattern: URLPattern) -> access.Access:
    callback: Any = pattern.callback
    declared: access.Access = callback.access
    return declared


# An owner is stopped by nothing but the workspace.
PAGES = [pattern for pattern in urls.urlpatterns if pattern.pattern.converters and access_of(pattern).role is not None]


@pytest.fixture
def filled(db: None, settings: Any, tmp_path: Path) -> sample.Sample:
    settings.RECORDINGS_DIR, settings.EXPORTS_DIR = tmp_path / "recordings", tmp_path / "exports"
    return sample.fill()


def browser_of(filled: sample.Sample, who: str) -> Client:
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = filled.session(who)
    return client


def test_what_is_another_workspace_s_does_not_exist(filled: sample.Sample) -> None:
    stranger, member = browser_of(filled, "fresh"), browser_of(filled, "owner")
    answers, own = {}, {}
    for page in PAGES:
        address = reverse(page.name, kwargs={name: filled.ids[name] for name in page.pattern.converters})
        for method in access_of(page).methods:
            answers[page.name, method] = stranger.generic(method, address).status_code
        if "GET" in access_of(page).methods:
            own[page.name] = member.get(address).status_code

    assert {asked: code for asked, code in answers.items() if code != 404} == {}
    # The ids are those of things: their owner finds each.
    assert {page: code for page, code in own.items() if code != 200} == {}
    assert len(answers) >= 40
