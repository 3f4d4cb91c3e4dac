"""What speaks: agents and their versions."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Account, ApiKey, User
from vaniagent.lib import ids
from vaniagent.lib.tenancy import AccountQuerySet


def _agent_id() -> str:
    return ids.new("agent")


class Agent(models.Model):
    """Somebody the account made to speak on the phone. What it says and how is in its versions."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        ARCHIVED = "archived"

    public_id = models.CharField(max_length=40, unique=True, default=_agent_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="agents")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    # The version that new calls take; null only inside the transaction that makes the agent.
    current = models.ForeignKey("AgentVersion", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        indexes = [
            # GET /v1/agents: an account's agents, newest first.
            models.Index(fields=["account", "-id"], name="agent_by_account"),
        ]

    def __str__(self) -> str:
        return self.public_id


class AgentVersion(models.Model):
    """An agent as it was between two changes. Never changed: a call keeps the version it was placed with."""

    class VoicemailAction(models.TextChoices):
        LEAVE_MESSAGE = "leave_message"
        HANG_UP = "hang_up"
        OFF = "off"

    class Patience(models.TextChoices):
        QUICK = "quick"
        NORMAL = "normal"
        PATIENT = "patient"

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    voice = models.CharField(max_length=100)
    prompt = models.TextField()
    language = models.CharField(max_length=35)
    temperature = models.FloatField(default=0.7, validators=[MinValueValidator(0), MaxValueValidator(2)])
    max_duration = models.PositiveIntegerField(
        default=600, validators=[MinValueValidator(10), MaxValueValidator(7200)], help_text="Seconds"
    )
    first_message = models.TextField(null=True, blank=True, help_text="Null: made from the prompt")
    voicemail_action = models.CharField(
        max_length=20, choices=VoicemailAction.choices, default=VoicemailAction.LEAVE_MESSAGE
    )
    voicemail_message = models.TextField(null=True, blank=True, help_text="Null: made from the prompt")
    screening_message = models.TextField(null=True, blank=True, help_text="Null: made from the first message")
    silence_timeout = models.PositiveIntegerField(
        default=21, validators=[MinValueValidator(5), MaxValueValidator(120)], help_text="Seconds"
    )
    interruptible = models.BooleanField(default=True, db_default=True)
    patience = models.CharField(max_length=20, choices=Patience.choices, default=Patience.NORMAL, db_default="normal")
    speed = models.FloatField(
        default=1.0,
        db_default=1.0,
        validators=[MinValueValidator(0.7), MaxValueValidator(1.3)],
        help_text="Of the voice",
    )
    # As `agents.hours` writes them; null: at any time.
    calling_hours = models.JSONField(null=True)
    # As `agents.transfers` writes them.
    transfers = models.JSONField(default=list, db_default=[])
    # As `agents.compliance` writes it; empty: none of it.
    compliance = models.JSONField(default=dict, db_default={})
    # As `agents.keypad` writes it; empty: as it is where nothing is said of keys.
    keypad = models.JSONField(default=dict, db_default={})
    # Who made the version; both null where it was the platform, or they are gone.
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    author_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    restored_from = models.PositiveIntegerField(null=True, help_text="Number of the version that this one repeats")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("agent", "number", name="agent_version_is_numbered_once"),
            models.CheckConstraint(
                condition=models.Q(temperature__gte=0, temperature__lte=2), name="temperature_is_between_0_and_2"
            ),
            models.CheckConstraint(
                condition=models.Q(max_duration__gte=10, max_duration__lte=7200),
                name="max_duration_is_between_10_and_7200",
            ),
            models.CheckConstraint(
                condition=models.Q(silence_timeout__gte=5, silence_timeout__lte=120),
                name="silence_timeout_is_between_5_and_120",
            ),
            models.CheckConstraint(
                condition=models.Q(speed__gte=0.7, speed__lte=1.3), name="speed_is_between_0_7_and_1_3"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of agent {self.agent_id}"
