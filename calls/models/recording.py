"""What was heard."""

from __future__ import annotations

from django.db import models

from calls.models.call import Call


class Recording(models.Model):
    """A stereo WAV of a call, from answer to hang-up: channel 0 the caller, channel 1 the agent."""

    class Status(models.TextChoices):
        CAPTURING = "capturing"
        READY = "ready"
        FAILED = "failed"

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="recording")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.CAPTURING)
    # Below RECORDINGS_DIR.
    path = models.CharField(max_length=200)
    sample_rate = models.PositiveIntegerField(help_text="Hz")
    duration_ms = models.PositiveIntegerField(null=True)
    size_bytes = models.PositiveBigIntegerField(null=True)
    ready_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.path
