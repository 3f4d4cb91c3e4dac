"""Calls as a carrier that is asked over HTTP has them: what must not outlive our own."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from calls.models.call import Call
from calls.models.phone_line import SEALED_FOR, PhoneLine
from vaniagent.lib import ids, sealing


def _carrier_call_id() -> str:
    return ids.new("carrier")


class CarrierCall(models.Model):
    """One connection that Twilio was asked for, or that it brought. Written before it is asked, so that one whose answer
    nobody heard is found again."""

    # In the addresses that Twilio calls back: nobody guesses it.
    public_id = models.CharField(max_length=40, unique=True, default=_carrier_call_id, editable=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="carrier_calls")
    line = models.ForeignKey(PhoneLine, on_delete=models.CASCADE, related_name="+")
    # The gateway that has the leg; empty while one that came in has none.
    holder = models.CharField(max_length=60, blank=True)
    account_sid = models.CharField(max_length=34)
    # The line's token, which may be deleted while the call goes on.
    sealed_secret = models.TextField(editable=False)
    # Twilio's name for the call; empty until it is known.
    sid = models.CharField(max_length=34, blank=True)
    is_inbound = models.BooleanField(default=False)
    # The one socket that may be opened next, by the digest of its token.
    stream_digest = models.CharField(max_length=64, blank=True)
    stream_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Nobody of ours wants it any more, and Twilio has not been told.
    unwanted_at = models.DateTimeField(null=True)
    # It is over at Twilio, by its own word.
    over_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("line", "sid", condition=~Q(sid=""), name="call_of_a_line_is_known_once"),
        ]
        indexes = [
            # The reaper: what may have outlived its call.
            models.Index(fields=["created_at"], name="carrier_call_that_lives", condition=Q(over_at=None)),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def secret(self) -> str:
        return sealing.unseal(self.sealed_secret, purpose=SEALED_FOR) if self.sealed_secret else ""
