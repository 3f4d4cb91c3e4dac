"""Many calls at once, from a file or a list."""

from __future__ import annotations

from django.db import models

from accounts.models import Account, ApiKey, User
from agents.models import Agent
from calls.models.call import Call
from vaniagent.lib import ids
from vaniagent.lib.tenancy import AccountQuerySet


def _batch_id() -> str:
    return ids.new("batch")


class CallBatch(models.Model):
    """Calls of one agent to the numbers of a file, placed as there is room. A draft is what its owner looks over first."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        # Started, for a later time.
        SCHEDULED = "scheduled"
        RUNNING = "running"
        PAUSED = "paused"
        CANCELED = "canceled"
        DONE = "done"

    public_id = models.CharField(max_length=40, unique=True, default=_batch_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="call_batches")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # Of a test key: all its calls go to the sandbox.
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT)
    # Why it does not go on, where nobody paused it.
    paused_because = models.CharField(max_length=200, blank=True)
    from_number = models.CharField(max_length=20, null=True)
    at_once = models.PositiveIntegerField(help_text="Calls of this batch that may live at once")
    per_minute = models.PositiveIntegerField(null=True, help_text="Calls placed within any 60 seconds; null: no limit")
    # Windows of weekdays, as an agent's calling hours are kept; null: the agent's alone.
    hours = models.JSONField(null=True)
    # As a call's own.
    retry = models.JSONField(null=True)
    scheduled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "call batches"
        indexes = [
            # An account's batches, newest first.
            models.Index(fields=["account", "-id"], name="call_batch_by_account"),
            # What is to be gone on with.
            models.Index(
                fields=["id"], name="call_batch_running", condition=models.Q(status__in=["scheduled", "running"])
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class BatchRow(models.Model):
    """A line of the file. It is placed in the transaction that makes its call: once, or not at all.

    Where its batch tries again, the transaction that ends its call has it wait once more.
    """

    class Status(models.TextChoices):
        # Not dialled: the file is wrong there, or names a number twice.
        SKIPPED = "skipped"
        WAITING = "waiting"
        PLACED = "placed"
        # The platform would not place it.
        REFUSED = "refused"
        CANCELED = "canceled"

    batch = models.ForeignKey(CallBatch, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(help_text="Of the file, from 1; the heading is one")
    status = models.CharField(max_length=20, choices=Status.choices)
    to_number = models.CharField(max_length=40)
    metadata = models.JSONField(default=dict)
    # Why it is not placed, or not yet.
    problem = models.CharField(max_length=200, blank=True)
    # One that waits is not tried before this; null: at once.
    not_before = models.DateTimeField(null=True)
    # The last of its calls.
    call = models.OneToOneField(Call, on_delete=models.SET_NULL, null=True, related_name="+")
    attempts = models.PositiveSmallIntegerField(db_default=0, default=0, help_text="Calls placed so far")
    placed_at = models.DateTimeField(null=True, help_text="The last time")

    class Meta:
        constraints = [models.UniqueConstraint("batch", "line", name="batch_row_is_one_line")]
        indexes = [
            # The rows to place next, and how many there are of each status.
            models.Index(fields=["batch", "status", "line"], name="batch_row_by_status"),
            # How many were placed within a minute.
            models.Index(
                fields=["batch", "placed_at"], name="batch_row_by_time", condition=models.Q(placed_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.line} of batch {self.batch_id}"
