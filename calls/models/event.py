"""The log of a call."""

from __future__ import annotations

from django.db import models

from calls.models.call import Call


class CallEvent(models.Model):
    """Something that happened in a call. Append-only; `seq` rises by one within its call, without holes."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=50)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()
    # Whose doing it was, for the account's own people: an e-mail or a key's id; empty: the call itself.
    origin = models.CharField(max_length=254, blank=True, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint("call", "seq", name="call_event_is_numbered_once")]

    def __str__(self) -> str:
        return f"{self.type} {self.seq} of call {self.call_id}"
