"""Telling customers: endpoints, events, deliveries and attempts."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Account
from vaniagent.lib import ids
from vaniagent.lib.tenancy import AccountQuerySet


def _endpoint_id() -> str:
    return ids.new("we")


def _event_id() -> str:
    return ids.new("evt")


def _delivery_id() -> str:
    return ids.new("whd")


class Endpoint(models.Model):
    """An address of the customer's that hears about events."""

    class Status(models.TextChoices):
        ENABLED = "enabled"
        DISABLED = "disabled"

    public_id = models.CharField(max_length=40, unique=True, default=_endpoint_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="webhook_endpoints")
    url = models.CharField(max_length=2000)
    events = ArrayField(models.CharField(max_length=50))
    description = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ENABLED)
    disabled_reason = models.CharField(max_length=50, blank=True)
    secret = models.CharField(max_length=100, editable=False)
    previous_secret = models.CharField(max_length=100, blank=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    # The first failure since the last success: five days after it the endpoint is disabled.
    failing_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        indexes = [
            # GET /v1/webhook_endpoints, and who hears an event of this account.
            models.Index(fields=["account", "-id"], name="endpoint_by_account"),
        ]

    def __str__(self) -> str:
        return self.public_id


class Event(models.Model):
    """Something that happened, as its body was rendered then. The text is what is signed and sent, always."""

    public_id = models.CharField(max_length=40, unique=True, default=_event_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="webhook_events")
    type = models.CharField(max_length=50)
    subject = models.CharField(max_length=40, help_text="Public id of what it is about, such as a call")
    body = models.TextField()
    created_at = models.DateTimeField()

    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        return self.public_id


class Delivery(models.Model):
    """One event on its way to one endpoint."""

    class Status(models.TextChoices):
        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    public_id = models.CharField(max_length=40, unique=True, default=_delivery_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="webhook_deliveries")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    # The event's subject: first attempts about one subject to one endpoint keep their order.
    subject = models.CharField(max_length=40)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    attempts_made = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    # A sender has it until then; past it another may take it.
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("event", "endpoint", name="event_goes_to_an_endpoint_once")]
        indexes = [
            # The sender's claim: what is due.
            models.Index(fields=["next_attempt_at"], name="delivery_due", condition=models.Q(status="pending")),
            # The oldest unattempted delivery about a subject to an endpoint.
            models.Index(
                fields=["endpoint", "subject", "id"],
                name="delivery_order",
                condition=models.Q(status="pending", attempts_made=0),
            ),
            # An endpoint's delivery log, newest first.
            models.Index(fields=["endpoint", "-id"], name="delivery_by_endpoint"),
        ]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return self.public_id


class Attempt(models.Model):
    """One request that was made for a delivery."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status_code = models.PositiveSmallIntegerField(null=True, help_text="Null: no answer came")
    response = models.TextField(blank=True, help_text="The answer's first 1,000 characters")
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("delivery", "number", name="attempt_is_numbered_once")]

    def __str__(self) -> str:
        return f"attempt {self.number} of delivery {self.delivery_id}"
