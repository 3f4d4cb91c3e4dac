"""Legs: the phone's side of a call, and the processes that hold them."""

from __future__ import annotations

from typing import Self

from django.db import models

from calls.models.call import Call
from vaniagent.lib import ids


def _leg_id() -> str:
    return ids.new("leg")


class LegQuerySet(models.QuerySet["Leg"]):
    def of_call(self, call_id: str, **its: object) -> Self:
        """The leg of the call of this public id, if the call is such.

        Without a join: an UPDATE that has waited for another one looks at its row anew, and not at those that it was joined
        with; joined, it would go by the status from before.
        """
        return self.filter(call__in=Call.objects.filter(public_id=call_id, **its))


class Leg(models.Model):
    """A connection to one person. Its holder writes what becomes of it, whoever drives the conversation."""

    class Status(models.TextChoices):
        PLANNED = "planned"
        DIALING = "dialing"
        RINGING = "ringing"
        ANSWERED = "answered"
        ENDED = "ended"

    class Kind(models.TextChoices):
        SANDBOX = "sandbox"
        BROWSER = "browser"
        SIP = "sip", "SIP"
        TWILIO = "twilio", "Twilio"

    public_id = models.CharField(max_length=40, unique=True, default=_leg_id, editable=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="legs")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.SANDBOX)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PLANNED)
    # Bus address of the process that holds it; empty until it dials, or until the browser's socket is open.
    holder = models.CharField(max_length=60, blank=True)
    ring_timeout = models.FloatField(default=45, help_text="Seconds")
    # What its kind needs besides, such as the sandbox callee's lines.
    params = models.JSONField(default=dict)
    # Somebody wants nothing of it recorded now; its holder sees to it.
    is_off_record = models.BooleanField(default=False, db_default=False)
    dialed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=40, null=True)
    ended_by = models.CharField(max_length=20, null=True)
    ended_detail = models.CharField(max_length=200, blank=True, help_text="The carrier's own words, for staff")

    objects = LegQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("call", name="call_has_one_leg"),
            models.CheckConstraint(
                condition=~models.Q(status="ended") | models.Q(ended_at__isnull=False, ended_reason__isnull=False),
                name="leg_that_ended_says_why",
            ),
        ]
        indexes = [
            # The reaper: legs of a holder that is gone, legs that ended without their call.
            models.Index(fields=["holder", "status"], name="leg_by_holder"),
        ]

    def __str__(self) -> str:
        return self.public_id


class LegHolder(models.Model):
    """A process that holds legs. It says every second that it lives; a name is used once."""

    name = models.CharField(max_length=60, unique=True, help_text="Its bus address")
    kind = models.CharField(max_length=20)
    seen_at = models.DateTimeField()
    live_legs = models.PositiveIntegerField(default=0)
    max_legs = models.PositiveIntegerField()
    # It takes no new legs and ends when its last has.
    is_draining = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name
