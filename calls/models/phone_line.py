"""Phone lines: what joins an account to the telephone network."""

from __future__ import annotations

from typing import Final, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account
from agents.models import Agent
from vaniagent.lib import ids, sealing
from vaniagent.lib.tenancy import AccountQuerySet

SEALED_FOR: Final = "calls.phone_line.secret"


def _line_id() -> str:
    return ids.new("line")


class PhoneLineQuerySet(AccountQuerySet):
    def existing(self) -> Self:
        """Those that were not deleted."""
        return self.filter(deleted_at=None)


class PhoneLine(models.Model):
    """A SIP trunk or an account with Twilio, with the numbers that it has. A deleted one stays for its calls."""

    class Kind(models.TextChoices):
        SIP = "sip", "SIP"
        TWILIO = "twilio", "Twilio"

    class Transport(models.TextChoices):
        UDP = "udp", "UDP"
        TCP = "tcp", "TCP"
        TLS = "tls", "TLS"

    class Srtp(models.TextChoices):
        OFF = "off"
        REQUIRED = "required"

    class Status(models.TextChoices):
        READY = "ready"
        UNREACHABLE = "unreachable"
        UNAUTHORIZED = "unauthorized"

    public_id = models.CharField(max_length=40, unique=True, default=_line_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="phone_lines")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(max_length=100)
    # Of SIP.
    domain = models.CharField(max_length=253, blank=True)
    port = models.PositiveIntegerField(null=True, blank=True, help_text="Null: the transport's own")
    transport = models.CharField(max_length=10, choices=Transport.choices, default=Transport.UDP)
    username = models.CharField(max_length=100, blank=True)
    srtp = models.CharField(max_length=20, choices=Srtp.choices, default=Srtp.OFF)
    register = models.BooleanField(default=False)
    # Of Twilio.
    account_sid = models.CharField(max_length=34, blank=True)
    # The password, or Twilio's token.
    sealed_secret = models.TextField(blank=True, editable=False)

    inbound_agent = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    max_live_calls = models.PositiveIntegerField(default=10)
    calls_per_second = models.PositiveIntegerField(default=5)
    is_default = models.BooleanField(default=False)
    # What callers may do, in the shape of calls.inbound_limits; what is missing is as for every line.
    inbound_limits = models.JSONField(default=dict, db_default={}, blank=True)
    # No call is dialled over it before then: so its calls a second are kept, whichever gateway dials.
    next_dial_at = models.DateTimeField(null=True, blank=True)

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.UNREACHABLE)
    status_detail = models.CharField(max_length=200, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = PhoneLineQuerySet.as_manager()

    class Meta:
        verbose_name = "phone line"
        constraints = [
            models.UniqueConstraint(
                "account", condition=Q(is_default=True, deleted_at=None), name="account_has_one_default_line"
            ),
        ]
        indexes = [
            # GET /v1/phone_lines, and which line a call takes.
            models.Index(fields=["account", "-id"], name="phone_line_by_account", condition=Q(deleted_at=None)),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def secret(self) -> str:
        """The password or token; empty where there is none."""
        return sealing.unseal(self.sealed_secret, purpose=SEALED_FOR) if self.sealed_secret else ""

    @secret.setter
    def secret(self, text: str) -> None:
        self.sealed_secret = sealing.seal(text, purpose=SEALED_FOR) if text else ""


class LineNumber(models.Model):
    """A number of a line. Of the account's lines one has it, or a `from_number` would not tell which is meant."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    line = models.ForeignKey(PhoneLine, on_delete=models.CASCADE, related_name="line_numbers")
    number = models.CharField(max_length=20)
    position = models.PositiveIntegerField(help_text="In the line's list; calls without a from_number take the first")

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("account", "number", name="number_is_on_one_line")]
        indexes = [
            # Whose number is called.
            models.Index(fields=["number"], name="line_by_number"),
        ]

    def __str__(self) -> str:
        return f"number {self.position} of line {self.line_id}"


class LineRefusal(models.Model):
    """How many callers a line turned away on a day, and why. Their numbers are not kept."""

    line = models.ForeignKey(PhoneLine, on_delete=models.CASCADE, related_name="refusals")
    day = models.DateField(help_text="In UTC")
    # Of calls.services.inbound.
    word = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("line", "day", "word", name="refusals_are_counted_by_day")]

    def __str__(self) -> str:
        return f"{self.word} of line {self.line_id} on {self.day}"
