"""Telling customers: endpoints, events, deliveries and attempts."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import connections, models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Account
from vaniagent.lib import ids, sealing
from vaniagent.lib.tenancy import AccountQuerySet


def _endpoint_id() -> str:
    return ids.new("we")


def _event_id() -> str:
    return ids.new("evt")


def _delivery_id() -> str:
    return ids.new("whd")


def _listener_id() -> str:
    return ids.new("lsn")


_SEALED_FOR = "webhooks.endpoint.secret"
_SEALED_FOR_LISTENER = "webhooks.listener.secret"


class EndpointQuerySet(AccountQuerySet):
    def existing(self) -> Self:
        """Those that were not deleted."""
        return self.filter(deleted_at=None)

    def listening(self) -> Self:
        """Those that hear events now."""
        return self.existing().filter(status=Endpoint.Status.ENABLED)


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
    sealed_secret = models.TextField(editable=False)
    sealed_previous_secret = models.TextField(blank=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    # The first failure since the last success: five days after it the endpoint is disabled.
    failing_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        indexes = [
            # GET /v1/webhook_endpoints, and who hears an event of this account.
            models.Index(fields=["account", "-id"], name="endpoint_by_account"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def secret(self) -> str:
        """The signing secret as the customer knows it."""
        return sealing.unseal(self.sealed_secret, purpose=_SEALED_FOR)

    @secret.setter
    def secret(self, text: str) -> None:
        self.sealed_secret = sealing.seal(text, purpose=_SEALED_FOR)

    def signing_secrets(self, at: datetime) -> list[str]:
        """The secrets that are valid now, the newest first."""
        secrets = [self.secret]
        if self.sealed_previous_secret and self.previous_secret_until and at < self.previous_secret_until:
            secrets.append(sealing.unseal(self.sealed_previous_secret, purpose=_SEALED_FOR))
        return secrets


class Event(models.Model):
    """Something that happened, as its body was rendered then. The text is what is signed and sent, always."""

    public_id = models.CharField(max_length=40, unique=True, default=_event_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="webhook_events")
    type = models.CharField(max_length=50)
    subject = models.CharField(max_length=40, help_text="Public id of what it is about, such as a call")
    body = models.TextField()
    created_at = models.DateTimeField()

    objects = AccountQuerySet.as_manager()

    class Meta:
        indexes = [
            # What is old enough to be forgotten.
            models.Index(fields=["created_at"], name="event_by_age"),
        ]

    def __str__(self) -> str:
        return self.public_id


_ENDPOINTS_WITH_DUE = """
WITH RECURSIVE waiting AS (
  (SELECT endpoint_id FROM webhooks_delivery WHERE status = 'pending' ORDER BY endpoint_id LIMIT 1)
  UNION ALL
  SELECT (
    SELECT endpoint_id FROM webhooks_delivery
    WHERE status = 'pending' AND endpoint_id > waiting.endpoint_id ORDER BY endpoint_id LIMIT 1
  ) FROM waiting WHERE waiting.endpoint_id IS NOT NULL
)
SELECT endpoint.id, endpoint.account_id
FROM waiting
JOIN webhooks_endpoint AS endpoint
  ON endpoint.id = waiting.endpoint_id AND endpoint.status = 'enabled' AND endpoint.deleted_at IS NULL
CROSS JOIN LATERAL (
  SELECT next_attempt_at FROM webhooks_delivery
  WHERE endpoint_id = endpoint.id AND status = 'pending' AND next_attempt_at <= %(at)s
    AND (leased_until IS NULL OR leased_until <= %(at)s)
  ORDER BY next_attempt_at LIMIT 1
) AS first
ORDER BY first.next_attempt_at, endpoint.id
"""


class DeliveryQuerySet(AccountQuerySet):
    def due(self, at: datetime) -> Self:
        """Those whose time has come, in nobody's hands."""
        return self.filter(
            Q(leased_until=None) | Q(leased_until__lte=at),
            status=Delivery.Status.PENDING,
            next_attempt_at__lte=at,
        )

    def claimable(self, at: datetime) -> Self:
        """Those due that a sender may take now: none goes before an elder about the same subject."""
        elder = Delivery.objects.filter(
            endpoint=OuterRef("endpoint"),
            subject=OuterRef("subject"),
            status=Delivery.Status.PENDING,
            attempts_made=0,
            pk__lt=OuterRef("pk"),
        )
        return self.due(at).filter(Q(attempts_made__gt=0) | ~Exists(elder))

    def endpoints_with_due(self, at: datetime) -> list[tuple[int, int]]:
        """Endpoints that listen and have something due, with their accounts; the longest waiting first.

        Two looks into an index for each endpoint, however many deliveries wait: grouping them would read them all.
        """
        with connections[self.db].cursor() as cursor:
            cursor.execute(_ENDPOINTS_WITH_DUE, {"at": at})
            return [(endpoint, account) for endpoint, account in cursor.fetchall()]

    def in_flight(self, at: datetime) -> Self:
        """Those that a sender has in its hands."""
        return self.filter(status=Delivery.Status.PENDING, leased_until__gt=at)


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
    # The event's subject, such as a call: first attempts about one subject to one endpoint keep their order.
    subject = models.CharField(max_length=40)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    attempts_made = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    # A sender has it until then; past it another may take it.
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("event", "endpoint", name="event_goes_to_an_endpoint_once")]
        indexes = [
            # The sender's claim: what is due.
            models.Index(fields=["next_attempt_at"], name="delivery_due", condition=models.Q(status="pending")),
            # The same, of one endpoint, and which endpoints have any.
            models.Index(
                fields=["endpoint", "next_attempt_at", "id"],
                name="delivery_due_of_endpoint",
                condition=models.Q(status="pending"),
            ),
            # How many of an endpoint's deliveries are in flight.
            models.Index(
                fields=["endpoint"], name="delivery_in_flight", condition=models.Q(leased_until__isnull=False)
            ),
            # How many of an account's are.
            models.Index(
                fields=["account"], name="delivery_in_flight_by_account", condition=models.Q(leased_until__isnull=False)
            ),
            # The oldest unattempted delivery about a subject to an endpoint.
            models.Index(
                fields=["endpoint", "subject", "id"],
                name="delivery_order",
                condition=models.Q(status="pending", attempts_made=0),
            ),
            # An endpoint's delivery log, newest first.
            models.Index(fields=["endpoint", "-id"], name="delivery_by_endpoint"),
            # What was told of a call, on its page.
            models.Index(fields=["subject", "id"], name="delivery_by_subject"),
        ]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return self.public_id

    @property
    def call_id(self) -> str | None:
        """The call that the event is about; None where it is about the account."""
        return self.subject if self.subject.startswith("call_") else None


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


class Listener(models.Model):
    """A program that hears webhooks over a socket which it holds open, and passes them on to where no endpoint can be."""

    public_id = models.CharField(max_length=40, unique=True, default=_listener_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="webhook_listeners")
    events = ArrayField(models.CharField(max_length=50))
    sealed_secret = models.TextField(editable=False)
    # The name of the socket that hears it now: the last that asked.
    socket = models.CharField(max_length=200)
    # Events are kept for it until then; whoever holds the socket moves it on.
    alive_until = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        indexes = [
            # Who listens to an event of this account, and how many do.
            models.Index(fields=["account", "alive_until"], name="listener_by_account"),
            # What is alive because this socket is, and has something waiting.
            models.Index(fields=["socket"], name="listener_by_socket"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def secret(self) -> str:
        """The signing secret as the program knows it."""
        return sealing.unseal(self.sealed_secret, purpose=_SEALED_FOR_LISTENER)

    @secret.setter
    def secret(self, text: str) -> None:
        self.sealed_secret = sealing.seal(text, purpose=_SEALED_FOR_LISTENER)


class Forward(models.Model):
    """One event on its way to one listener; gone when it is answered."""

    public_id = models.CharField(max_length=40, unique=True, default=_delivery_id, editable=False)
    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="forwards")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="forwards")
    # The socket that it was sent on; another socket of the same listener is sent it again.
    taken_by = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            # What waits for a listener, in its order.
            models.Index(fields=["listener", "id"], name="forward_by_listener"),
        ]

    def __str__(self) -> str:
        return self.public_id
