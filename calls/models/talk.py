"""Talks in a browser that need no log-in: an agent's public link, and who used it."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Account
from agents.models import Agent
from calls.models.call import Call
from vaniagent.lib import ids
from vaniagent.lib.tenancy import AccountQuerySet


def new_slug() -> str:
    """Nobody guesses one (95 bits)."""
    return ids.base62(16)


class TalkLink(models.Model):
    """Where anybody may talk with an agent, within limits that its account sets and pays for."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="talk_links")
    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="talk_link")
    slug = models.CharField(max_length=40, unique=True, default=new_slug, help_text="The link's last part")
    is_enabled = models.BooleanField(default=False)
    minutes_per_day = models.PositiveIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(1440)], help_text="Of all talks; by UTC days"
    )
    calls_per_hour = models.PositiveIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(10_000)]
    )
    calls_per_visitor_hour = models.PositiveIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(1_000)], help_text="From one address"
    )
    max_duration = models.PositiveIntegerField(
        default=300, validators=[MinValueValidator(30), MaxValueValidator(3600)], help_text="Seconds"
    )
    # Such as "https://example.com": the pages that may show the link in a frame, besides our own.
    allowed_origins = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()

    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"talk link of agent {self.agent_id}"


class PublicTalk(models.Model):
    """A call that came through a public link. `visitor` tells addresses apart without keeping them."""

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="public_talk")
    link = models.ForeignKey(TalkLink, on_delete=models.CASCADE, related_name="talks")
    visitor = models.CharField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            # What a link's limits count: its newest talks.
            models.Index(fields=["link", "created_at"], name="public_talk_by_link"),
        ]

    def __str__(self) -> str:
        return f"public talk of call {self.call_id}"
