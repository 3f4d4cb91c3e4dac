"""What an agent owes whom it calls, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from agents import compliance


def in_words(kept: Mapping[str, Any]) -> str:
    """As people read it, a line each."""
    wanted = compliance.read(kept)
    lines = []
    if wanted.recording_announcement:
        lines.append(_("Announcement: %(text)s") % {"text": wanted.recording_announcement})
    if wanted.consent:
        lines.append(_("Question for consent: %(text)s") % {"text": wanted.consent.ask})
        lines.append(_("After a no: hangs up") if wanted.consent.if_no == "hang_up" else _("After a no: no recording"))
        if wanted.waits_for_consent:
            lines.append(_("Records from the yes on"))
    if wanted.max_calls_per_day:
        lines.append(_("Calls to one number a day: %(number)d") % {"number": wanted.max_calls_per_day})
    if wanted.max_calls_per_week:
        lines.append(_("Calls to one number a week: %(number)d") % {"number": wanted.max_calls_per_week})
    return "\n".join(lines) or _("None")
