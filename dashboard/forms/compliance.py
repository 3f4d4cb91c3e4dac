"""What an agent owes whom it calls: a few fields, as `agents.compliance` keeps them. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents import compliance

# What becomes of a no, and what is recorded before the answer, as one choice: `if_no` and `record_from`.
CONSENTS: Final = (
    ("hang_up-consent", gettext_lazy("It hangs up. Nothing is recorded before a yes")),
    ("hang_up-answer", gettext_lazy("It hangs up. The question and the answer are recorded")),
    ("go_on_unrecorded-consent", gettext_lazy("It goes on, and nothing is recorded")),
)
_LIMITS: Final = ("max_calls_per_day", "max_calls_per_week")


class ComplianceWidget(forms.Widget):
    """Fields named after the part: `compliance_ask`."""

    template_name = "dashboard/_agents_compliance.html"
    use_fieldset = True

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        shown = {**compliance.NONE.as_json(), **(value or {})}
        consent = shown["consent"] or {"ask": ""}
        shown["ask"] = consent["ask"]
        shown["after_no"] = f"{consent.get('if_no', 'hang_up')}-{consent.get('record_from', 'consent')}"
        context.update(shown=shown, consents=CONSENTS, longest=compliance.TEXT_MAX, most=compliance.MOST_CALLS)
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any]:
        """What was typed and chosen."""
        ask = data.get(f"{name}_ask", "").strip()
        if_no, _dash, record_from = data.get(f"{name}_after_no", CONSENTS[0][0]).partition("-")
        return {
            "recording_announcement": data.get(f"{name}_recording_announcement", "").strip() or None,
            "consent": {"ask": ask, "if_no": if_no, "record_from": record_from},
            **{limit: _number(data.get(f"{name}_{limit}", "").strip()) for limit in _LIMITS},
        }

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}_ask" not in data

    def id_for_label(self, id_: str) -> str:
        return ""


class ComplianceField(forms.Field):
    widget = ComplianceWidget

    def clean(self, value: Any) -> Any:
        """What `/v1` takes; nothing, where nothing was said. Without a question there is nothing to say no to."""
        typed = dict(value or {})
        if typed.get("consent") and not typed["consent"]["ask"]:
            typed["consent"] = None
        try:
            wanted = compliance.read(typed)
        except compliance.BadCompliance as error:
            raise forms.ValidationError(str(error)) from error
        return {} if wanted == compliance.NONE else wanted.as_json()

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or {}) != data)


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


def _number(typed: str) -> int | str | None:
    """A number, or what was typed instead: `agents.compliance` says what is wrong with it."""
    is_number = typed.isascii() and typed.isdecimal() and len(typed) < 9
    return int(typed) if is_number else typed or None
