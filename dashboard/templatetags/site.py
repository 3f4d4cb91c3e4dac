"""Words, numbers and small pictures, as the pages show them: `{% load site %}`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django import template
from django.forms import BoundField
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from accounts.models import Membership
from dashboard import icons
from vaniagent.lib import money as credits_lib

register = template.Library()

# What a state means to the reader, by the value that the API uses. What is not named here is neutral.
_TONES: Final = {
    "good": ("active", "completed", "delivered", "succeeded", "paid", "positive", "enabled", "ok"),
    "warn": ("pending", "retrying", "queued", "no_answer", "busy", "voicemail", "suspended", "paused"),
    "bad": ("failed", "error", "exhausted", "disabled", "revoked", "negative", "away"),
    "live": ("ringing", "in_progress", "in-progress", "live", "dialing"),
}
_TONE_OF: Final = {state: tone for tone, states in _TONES.items() for state in states}

# The first mark that is in a browser's word decides: most say that they are others, too.
_BROWSERS: Final = (
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)

_DATE_FORMATS: Final = {
    "short": pgettext_lazy("date format", "j M, H:i"),
    "long": pgettext_lazy("date format", "j F Y, H:i"),
    "date": pgettext_lazy("date format", "j M Y"),
    "time": "H:i:s",
}


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """An icon of `dashboard/icons.py`; decoration, so that words beside it or an aria-label say what it means."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>',
        css_class,
        mark_safe(icons.SHAPES[name]),  # noqa: S308 - constants of ours
    )


@register.simple_tag
def when(moment: datetime | None, style: str = "short") -> SafeString | str:
    """A time in the reader's zone, in UTC on hover. Styles: short, long, date, time."""
    if moment is None:
        return "–"
    utc = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        formats.date_format(timezone.localtime(moment), str(_DATE_FORMATS[style])),
    )


@register.filter
def duration(seconds: float | None) -> str:
    """A length as people read it: 0:42, 12:05, 1:02:10."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def milliseconds(number: float | None) -> str:
    """A latency: 840 ms, 1.2 s."""
    if number is None:
        return "–"
    if number < 1000:
        return _("%(number)s ms") % {"number": round(number)}
    return _("%(number)s s") % {"number": _rounded(Decimal(number) / 1000, 1)}


@register.filter
def money(micro_credits: int | None, places: int = 2) -> str:
    """Credits in US dollars, from micro-credits: $4.80, and $0.0017 with `money:4`."""
    if micro_credits is None:
        return "–"
    amount = Decimal(abs(micro_credits)) / credits_lib.MICRO
    sign = "−" if micro_credits < 0 else ""
    return sign + pgettext("money", "$%(amount)s") % {"amount": _rounded(amount, places)}


@register.filter
def number(value: float | None, places: int = 0) -> str:
    """A number with its thousands apart."""
    return "–" if value is None else _rounded(Decimal(value), places)


@register.filter
def percent(share: float | None) -> str:
    """A share of one as per cent."""
    return "–" if share is None else f"{round(share * 100)} %"


@register.filter
def tone(state: str) -> str:
    """How a badge shows a state: good, warn, bad, live, or nothing."""
    return _TONE_OF.get(str(state), "")


@register.filter
def initials(name: str) -> str:
    """Two letters for a person or a workspace."""
    words = [
        word for word in str(name).partition("@")[0].replace(".", " ").replace("_", " ").split() if word[0].isalnum()
    ]
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.filter
def browser(user_agent: str) -> str:
    """What a browser calls itself, in two words: Firefox on Windows."""
    name = next((words for mark, words in _BROWSERS if mark in user_agent), _("A program"))
    system = next((words for mark, words in _SYSTEMS if mark in user_agent), "")
    return _("%(browser)s on %(system)s") % {"browser": name, "system": system} if system else name


@register.filter
def may(membership: Membership | None, role: str) -> bool:
    """Whether this membership has at least this role: `{% if request.membership|may:"developer" %}`."""
    return membership is not None and membership.reaches(role)


@register.filter
def input_type(field: BoundField) -> str:
    """The kind of a form's field, for the components."""
    return str(getattr(field.field.widget, "input_type", "") or type(field.field.widget).__name__.lower())


@register.filter
def as_json(value: Any) -> str:
    """Indented JSON, to be read; escaped by the template as any text."""
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False, default=str)


@register.simple_tag(takes_context=True)
def current(context: template.Context, *names: str) -> SafeString | str:
    """` aria-current="page"` where the page's URL has one of these names, or begins with one that ends in `*`."""
    match = getattr(context.get("request"), "resolver_match", None)
    here = getattr(match, "url_name", None) or ""
    is_here = any(here == name or (name.endswith("*") and here.startswith(name[:-1])) for name in names)
    return mark_safe(' aria-current="page"') if is_here else ""


def _rounded(value: Decimal, places: int) -> str:
    """A number in the reader's language. Django's own formatting cuts places off."""
    exact = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return formats.number_format(exact, decimal_pos=places, force_grouping=True)
