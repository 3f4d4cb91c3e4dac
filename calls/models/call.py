"""A call, and what the queue needs to know of it."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from accounts.models import Account, ApiKey
from agents.models import Agent, AgentVersion
from calls.models.phone_line import PhoneLine
from vaniagent.lib import ids
from vaniagent.lib.tenancy import AccountQuerySet


def _call_id() -> str:
    return ids.new("call")


class Call(models.Model):
    """A conversation on the phone, from the request for it to its analysis."""

    class Status(models.TextChoices):
        # Only where somebody asked for a later time, or for another attempt: nothing is held, and it is not live.
        SCHEDULED = "scheduled"
        INITIATED = "initiated"
        IN_PROGRESS = "in_progress"
        COMPLETED = "completed"
        FAILED = "failed"

    class Direction(models.TextChoices):
        OUTBOUND = "outbound"
        INBOUND = "inbound"

    class Sentiment(models.TextChoices):
        POSITIVE = "positive"
        NEUTRAL = "neutral"
        NEGATIVE = "negative"

    LIVE = (Status.INITIATED, Status.IN_PROGRESS)
    # What has not ended.
    OPEN = (Status.SCHEDULED, *LIVE)

    public_id = models.CharField(max_length=40, unique=True, default=_call_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="calls")
    # The how-manieth of its account, from 1 without a gap; a trigger numbers each new row, whoever inserts it.
    number = models.BigIntegerField(db_default=0, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="calls")
    agent_version = models.ForeignKey(AgentVersion, on_delete=models.PROTECT, related_name="calls")
    # Null: the sandbox, or a browser.
    phone_line = models.ForeignKey(PhoneLine, on_delete=models.PROTECT, null=True, related_name="calls", db_index=False)
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    direction = models.CharField(max_length=10, choices=Direction.choices, default=Direction.OUTBOUND)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.INITIATED)
    to_number = models.CharField(max_length=20)
    from_number = models.CharField(max_length=20, null=True)
    metadata = models.JSONField(default=dict)
    # Where the person is, such as Europe/Berlin, as far as that was told. Empty: what the number says.
    time_zone = models.CharField(max_length=64, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    duration = models.PositiveIntegerField(null=True, help_text="Whole seconds of conversation; null until the end")
    # Texts, not choices: their enumerations live with the legs (telephony/base.py) and grow.
    ended_reason = models.CharField(max_length=40, null=True)
    ended_by = models.CharField(max_length=20, null=True)

    # Who drives the conversation. The token rises with every claim and every fence; a write with an older one is void.
    token = models.BigIntegerField(default=0)
    worker = models.CharField(max_length=60, blank=True, help_text="Bus address of the process that has it")
    lease_until = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(null=True, help_text="When it was last put on the queue")

    # Since when the caller talks with whom the call was transferred to: nobody drives a conversation any more.
    transferred_at = models.DateTimeField(null=True)

    # A wish to end it, kept until the leg has ended.
    hangup_requested_at = models.DateTimeField(null=True)
    hangup_by = models.CharField(max_length=20, blank=True)

    # The seq of the newest CallEvent; moved under the row's lock.
    last_seq = models.PositiveIntegerField(default=0)

    # Micro-credits. The rate is the one in force at creation; the cost is null until settled.
    rate_per_minute = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(null=True)

    # When it was asked to begin; null: at once. `due_at` is when it is tried next, and once it began, when that was.
    scheduled_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    # How it ends if what it waits for, although it is due, does not come.
    waits_for = models.CharField(max_length=40, blank=True, db_default="")
    # After which ends it is tried again, how often and how far apart (retry_rules.py), as its last attempt keeps it.
    retry = models.JSONField(null=True)
    retry_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="retries", db_index=False)
    attempt = models.PositiveSmallIntegerField(db_default=1, default=1, help_text="From 1")
    # The line of a batch that it was placed for, which may have several calls, one after the other.
    batch_row = models.ForeignKey(
        "calls.BatchRow", on_delete=models.SET_NULL, null=True, related_name="calls", db_index=False
    )

    # What the analysis found; null until then.
    sentiment = models.CharField(max_length=10, choices=Sentiment.choices, null=True)
    summary = models.TextField(null=True)
    heard_p50_ms = models.PositiveIntegerField(null=True)
    heard_p95_ms = models.PositiveIntegerField(null=True)
    heard_turns = models.PositiveIntegerField(null=True)
    analysed_at = models.DateTimeField(null=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status__in=["scheduled", "initiated", "in_progress"], completed_at=None, ended_reason=None
                )
                | models.Q(status__in=["completed", "failed"], completed_at__isnull=False, ended_reason__isnull=False),
                name="call_that_ended_says_why",
            ),
            # GET /v1/calls, too: how many there are, and the page at any offset.
            models.UniqueConstraint("account", "number", name="call_is_numbered_once"),
            models.CheckConstraint(condition=models.Q(number__gt=0), name="call_is_numbered"),
            models.CheckConstraint(
                condition=~models.Q(status="scheduled") | models.Q(due_at__isnull=False),
                name="call_that_is_scheduled_has_a_time",
            ),
            models.UniqueConstraint(
                fields=["retry_of", "attempt"],
                name="call_is_tried_again_once_each",
                condition=models.Q(retry_of__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["batch_row"],
                name="batch_row_has_one_call_at_once",
                condition=models.Q(status__in=["scheduled", "initiated", "in_progress"], batch_row__isnull=False),
            ),
        ]
        indexes = [
            # GET /v1/calls with a filter: the newest of a status, of an agent. Following an account: its newest calls.
            models.Index(fields=["account", "-id"], name="call_by_account"),
            models.Index(fields=["account", "status", "-id"], name="call_by_status"),
            models.Index(fields=["account", "agent", "-id"], name="call_by_agent"),
            # The live calls: an account's limit, the reaper's rounds.
            models.Index(
                fields=["account", "id"], name="call_live", condition=models.Q(status__in=["initiated", "in_progress"])
            ),
            # The live calls of a line: how many it may have.
            models.Index(
                fields=["phone_line"],
                name="call_live_on_line",
                condition=models.Q(status__in=["initiated", "in_progress"], phone_line__isnull=False),
            ),
            # The scheduled calls whose time has come.
            models.Index(fields=["due_at"], name="call_due", condition=models.Q(status="scheduled")),
            # The calls of a batch's row.
            models.Index(
                fields=["batch_row", "id"], name="call_of_batch_row", condition=models.Q(batch_row__isnull=False)
            ),
            # Staff look for the calls to a number.
            models.Index(fields=["to_number", "-id"], name="call_by_number"),
            # Who called in from a number: the list's filter, and erasing a caller's data.
            models.Index(
                fields=["from_number", "-id"], name="call_by_caller", condition=models.Q(from_number__isnull=False)
            ),
            # The figures of a time (services.figures), from the index alone; the list's filter by time.
            models.Index(
                fields=["account", "created_at"],
                name="call_by_time",
                include=["answered_at", "duration", "cost", "ended_reason", "heard_p50_ms", "heard_p95_ms"],
            ),
            # The list's filters by how it ended, by mood, by metadata.
            models.Index(fields=["account", "ended_reason", "-id"], name="call_by_reason"),
            models.Index(
                fields=["account", "sentiment", "-id"],
                name="call_by_sentiment",
                condition=models.Q(sentiment__isnull=False),
            ),
            GinIndex(
                fields=["metadata"],
                name="call_by_metadata",
                opclasses=["jsonb_path_ops"],
                condition=~models.Q(metadata={}),
            ),
            # Calls that ended and wait for their analysis: the reaper's round.
            models.Index(
                fields=["completed_at"],
                name="call_unanalysed",
                condition=models.Q(status__in=["completed", "failed"], analysed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE
