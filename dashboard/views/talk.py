"""Talking with an agent in the browser: for members on the agent's page, and for anybody by its public link."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from agents.models import Agent, AgentVersion
from calls.models import TalkLink
from calls.services import starting, talk_links
from calls.services.starting import BrowserTalk
from dashboard.access import Role, page, public
from dashboard.requests import DashboardRequest
from vaniagent.lib import errors
from vaniagent.lib.api import envelope, requests

WIDGET: Final = "js/talk/widget.js"
WIDGET_SECONDS: Final = 3600


@page(role=Role.DEVELOPER, methods=("POST",))
def start_talk(request: DashboardRequest, agent_id: str) -> HttpResponse:
    """A talk with an agent of the workspace, in its current version or the one whose number `version` says."""
    agents = Agent.objects.for_account(request.account).select_related("current")
    agent = get_object_or_404(agents, public_id=agent_id)
    number = request.POST.get("version", "")
    if number and not (number.isascii() and number.isdecimal() and len(number) < 9):
        raise Http404
    version = get_object_or_404(AgentVersion, agent=agent, number=number) if number else None
    try:
        talk = starting.start_browser_talk(account=request.account, agent=agent, version=version, at=timezone.now())
    except errors.ServiceError as error:
        return JsonResponse(envelope.body_of(error), status=error.status)
    return _begin(talk)


@csrf_exempt  # nobody is logged in here, and in another page's frame there is no cookie: the origin is looked at instead
@public(methods=("GET", "POST"))
def public_talk(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The page of an agent's public link, and its talks."""
    try:
        link = talk_links.open_link(slug=slug)
    except talk_links.NoSuchLink:
        raise Http404 from None
    if request.method == "POST":
        return _start_public_talk(request, link)

    name = link.agent.current.name if link.agent.current else ""
    context = {
        "talk_name": name,
        "talk_url": reverse("public_talk", args=[slug]),
        "is_framed": "frame" in request.GET,
    }
    response = render(request, "talk/page.html", context)
    # Exactly these pages may show it in a frame; the older header knows no list.
    response._csp_replace = {"frame-ancestors": ["'self'", *link.allowed_origins]}  # type: ignore[attr-defined]  # django-csp reads it
    response.xframe_options_exempt = True
    response.headers["Permissions-Policy"] = "microphone=(self)"
    return response


@public()
def widget(request: HttpRequest) -> HttpResponse:
    """The script that puts a button for a public link on a customer's page."""
    response = HttpResponse(_widget_source(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={WIDGET_SECONDS}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _start_public_talk(request: HttpRequest, link: TalkLink) -> HttpResponse:
    origin = request.headers.get("Origin", "")
    is_ours = origin == settings.PUBLIC_URL or urlsplit(origin).netloc == request.get_host()
    if not is_ours and origin not in link.allowed_origins:
        return HttpResponseForbidden()

    visitor = requests.address_of(request, proxies=settings.TRUSTED_PROXY_COUNT)
    try:
        talk_links.check_tries(link=link, visitor=visitor, at=timezone.now())
        response = _begin(talk_links.start_public_talk(slug=link.slug, visitor=visitor, at=timezone.now()))
    except talk_links.LinkIsBusy as error:
        response = JsonResponse(envelope.body_of(error), status=error.status, headers=envelope.headers_of(error))
    except errors.ServiceError:
        # Why is not a visitor's business.
        busy = talk_links.LinkIsBusy(_("Nobody can talk here at the moment. Try again later."))
        response = JsonResponse(envelope.body_of(busy), status=busy.status)
    if not is_ours:
        response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Vary"] = "Origin"
    return response


def _begin(talk: BrowserTalk) -> HttpResponse:
    response = JsonResponse({"call_id": talk.call.public_id, "media_url": talk.media_url}, status=201)
    response.headers["Cache-Control"] = "no-store"
    return response


@functools.cache
def _widget_source() -> str:
    found = finders.find(WIDGET)
    if not isinstance(found, str):
        raise FileNotFoundError(WIDGET)
    return Path(found).read_text()
