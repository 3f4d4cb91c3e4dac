"""How the installation does, for its public page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.models import LegHolder
from vaniagent import health

# Holders of legs say every second that they live.
SEEN_WITHIN: Final = timedelta(seconds=10)
_LOOK_AGAIN_AFTER: Final = 5
_SPEECH_ANSWERS_WITHIN: Final = 1.0


@dataclass(frozen=True)
class Part:
    name: str | Promise
    what: str | Promise
    is_well: bool


def parts(*, at: datetime) -> list[Part]:
    """What the product is made of, and whether each part works."""
    database, redis = health.database_answers(), health.redis_answers()
    holds_calls = database and LegHolder.objects.filter(seen_at__gte=at - SEEN_WITHIN, is_draining=False).exists()
    speaks = redis and cache.get_or_set("standing:speech", _speech_answers, _LOOK_AGAIN_AFTER)
    return [
        Part(_("API and dashboard"), _("Requests are answered, and data are kept."), database),
        Part(_("Live feed and queue"), _("Calls are handed on, events are sent."), redis),
        Part(_("Phone"), _("Calls are placed and held."), bool(holds_calls)),
        Part(_("Speech"), _("Agents are heard."), bool(speaks)),
    ]


def _speech_answers() -> bool:
    try:
        with urlopen(f"{settings.SPEECH_URL}/health", timeout=_SPEECH_ANSWERS_WITHIN) as answer:  # noqa: S310 - the operator's
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
