"""How long an account's calls are kept, and its data given out."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Account, User
from vaniagent.lib import ids
from vaniagent.lib.tenancy import AccountQuerySet


def _export_id() -> str:
    return ids.new("export")


class Retention(models.Model):
    """After how many days an account's recordings and transcripts are erased; null: never."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="retention")
    recordings_days = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    transcripts_days = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )

    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"retention of account {self.account_id}"


class DataExport(models.Model):
    """All that an account has, in one file, for a week."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        FAILED = "failed"
        EXPIRED = "expired"

    public_id = models.CharField(max_length=40, unique=True, default=_export_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="data_exports")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.WAITING)
    # Below EXPORTS_DIR.
    path = models.CharField(max_length=200, blank=True)
    size_bytes = models.PositiveBigIntegerField(null=True)
    created_at = models.DateTimeField()
    # A worker has it until then; another may take it up afterwards.
    lease_until = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(status="waiting"), name="data_are_exported_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return self.public_id
