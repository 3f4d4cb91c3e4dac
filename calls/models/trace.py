"""What went over the wire."""

from __future__ import annotations

from django.db import models

from calls.models.call import Call


class SipTrace(models.Model):
    """The SIP messages of a call, in their order, without credentials.

    `messages` is a list of `{at, direction, transport, peer, title, text}`; `direction` is `sent` or `received`.
    """

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="sip_trace")
    messages = models.JSONField(default=list)
    # There were more than are kept.
    is_cut = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"SIP trace of call {self.call_id}"
