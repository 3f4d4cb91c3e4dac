"""Whom a call is given to, and what becomes of it."""

from __future__ import annotations

from django.db import models

from calls.models.call import Call
from calls.models.leg import Leg
from calls.models.phone_line import PhoneLine
from vaniagent.lib import ids


def _transfer_id() -> str:
    return ids.new("transfer")


class Transfer(models.Model):
    """An attempt to connect a call's caller with somebody else, and the second connection that it takes.

    A call has one leg, and everything that asks for a call's leg means the caller's. This one is the holder's alone.
    """

    class Status(models.TextChoices):
        PLANNED = "planned"
        DIALING = "dialing"
        RINGING = "ringing"
        ANSWERED = "answered"
        CONNECTED = "connected"
        ENDED = "ended"

    class Mode(models.TextChoices):
        COLD = "cold"
        WARM = "warm"

    class Via(models.TextChoices):
        BRIDGE = "bridge"
        REFER = "refer"

    public_id = models.CharField(max_length=40, unique=True, default=_transfer_id, editable=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="transfers")
    # The destination, as the agent's version has it.
    name = models.CharField(max_length=60)
    to = models.CharField(max_length=200)
    mode = models.CharField(max_length=10, choices=Mode.choices)
    via = models.CharField(max_length=10, choices=Via.choices)
    announcement = models.TextField(blank=True)
    is_recorded = models.BooleanField(default=True)
    # Who asked for it: the agent, the API, or a person at the call's page.
    requested_by = models.CharField(max_length=20)

    # Where it goes out; no line is the sandbox.
    kind = models.CharField(max_length=20, choices=Leg.Kind.choices)
    phone_line = models.ForeignKey(PhoneLine, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    from_number = models.CharField(max_length=20, blank=True)

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PLANNED)
    # Bus address of the process that has both connections; empty until it dials.
    holder = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    dialed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=40, null=True)
    ended_detail = models.CharField(max_length=200, blank=True, help_text="The carrier's own words, for staff")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call"], name="call_has_one_transfer_at_a_time", condition=~models.Q(status="ended")
            ),
            models.CheckConstraint(
                condition=~models.Q(status="ended") | models.Q(ended_at__isnull=False, ended_reason__isnull=False),
                name="transfer_that_ended_says_why",
            ),
        ]
        indexes = [
            # How many calls a line has: transfers over it count.
            models.Index(
                fields=["phone_line"],
                name="transfer_live_on_line",
                condition=models.Q(phone_line__isnull=False) & ~models.Q(status="ended"),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
