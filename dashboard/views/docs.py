"""`/docs`: reference and guides, for everybody; with the reader's own ids in them where somebody is logged in."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language

from dashboard.access import public
from dashboard.reference import catalog, pages, reader

# The language of samples that the reader chose last; a script sets it.
TAB_COOKIE: Final = "docs_language"
LONGEST_SEARCH: Final = 100
MOST_FOUND: Final = 30


@public()
def docs(request: HttpRequest) -> HttpResponseBase:
    context = {
        "groups": catalog.GROUPS,
        "sections": [(group, pages.cards(group)) for group in catalog.GROUPS],
        "base_url": f"{settings.PUBLIC_URL}/v1",
        "descriptions": [("OpenAPI", "/v1/openapi.json"), ("AsyncAPI", "/v1/asyncapi.json")],
    }
    return render(request, "docs/index.html", context)


@public()
def docs_page(request: HttpRequest, *, name: str) -> HttpResponseBase:
    page = catalog.PAGES[name]
    body = pages.body_of(page, language=_language(), tab=_tab(request))
    account, membership = getattr(request, "account", None), getattr(request, "membership", None)
    context: dict[str, Any] = {
        "groups": catalog.GROUPS,
        "page": page,
        "body": body,
        "html": reader.filled(body.html, account=account, membership=membership),
        "around": _around(page),
    }
    return render(request, "docs/page.html", context)


@public()
def docs_search(request: HttpRequest) -> HttpResponseBase:
    words = request.GET.get("q", "")[:LONGEST_SEARCH].strip()
    found = pages.search(words, language=_language())
    context = {"groups": catalog.GROUPS, "words": words, "found": found[:MOST_FOUND], "total": len(found)}
    return render(request, "docs/search.html", context)


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def _tab(request: HttpRequest) -> str:
    wanted = request.COOKIES.get(TAB_COOKIE, "")
    return wanted if wanted in pages.LANGUAGES else pages.LANGUAGES[0]


def _around(page: catalog.Page) -> dict[str, catalog.Page | None]:
    """The pages before and after."""
    every = list(catalog.PAGES.values())
    place = every.index(page)
    return {
        "before": every[place - 1] if place else None,
        "after": every[place + 1] if place + 1 < len(every) else None,
    }
