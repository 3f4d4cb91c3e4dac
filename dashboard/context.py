"""What every page's template may use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from dashboard import access, navigation

THEME_COOKIE: Final = "theme"
THEMES: Final = ("light", "dark")


def site(request: HttpRequest) -> dict[str, Any]:
    """The reader's theme (empty: the system's), the menus, and whom the operator names for questions."""
    if not hasattr(request, "membership") and hasattr(request, "user"):
        # A page of allauth's, or an error before any view: the frame shows the workspace all the same.
        access.enter(request)
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "theme": theme if theme in THEMES else "",
        "navigation": _menu(navigation.MAIN, request),
        "help_navigation": _menu(navigation.HELP, request),
        "site_navigation": _menu(navigation.SITE, request),
        "settings_navigation": _menu(navigation.SETTINGS, request),
        "person_navigation": _menu(navigation.PERSON, request),
        "support_email": settings.SUPPORT_EMAIL,
        "sales_email": settings.SALES_EMAIL,
        "sign_up_is_open": settings.SIGN_UP_OPEN,
        "sign_up_credits": settings.SIGN_UP_CREDITS,
    }


def _menu(pages: Iterable[navigation.Page], request: HttpRequest) -> Callable[[], list[navigation.Entry]]:
    # Made where a template shows it.
    return lambda: navigation.entries(pages, request)
