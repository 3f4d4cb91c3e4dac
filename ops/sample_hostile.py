"""Puts what an attacker would write wherever the sample workspace holds somebody's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db.models import Model

from accounts.models import Account, ApiKey, User
from agents.models import AgentVersion
from calls.models import BatchRow, Call, CallBatch, CallEvent, SavedView, Turn
from webhooks.models import Attempt, Endpoint

ATTACK: Final = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}=cmd|'/c calc'!A0 \u202eabc"
FIELDS: Final[Mapping[type[Model], tuple[str, ...]]] = {
    Account: ("name",),
    ApiKey: ("name",),
    User: ("first_name", "last_name"),
    AgentVersion: ("name", "prompt", "first_message", "voicemail_message"),
    Attempt: ("response", "error"),
    BatchRow: ("problem",),
    Call: ("summary",),
    CallBatch: ("name",),
    Endpoint: ("description",),
    Turn: ("text",),
}


def spoil() -> None:
    for model, fields in FIELDS.items():
        model._default_manager.update(**dict.fromkeys(fields, ATTACK))
    Call.objects.update(metadata={ATTACK: [ATTACK, {ATTACK: 1}]})
    CallEvent.objects.filter(type="transcript.update").update(
        data={"speaker": "user", "text": ATTACK, "is_final": True}
    )
    for view in SavedView.objects.all():
        SavedView.objects.filter(pk=view.pk).update(name=f"{view.pk} {ATTACK}"[:60])
