"""What was said."""

from __future__ import annotations

from django.db import models

from calls.models.call import Call


class Turn(models.Model):
    """What one side said until the other spoke.

    An agent's turn is stored when it goes to speech synthesis and becomes final when it has been played (or was cut
    off: then `text` is what was heard of it), so that a worker that takes the call over knows what was being said.
    """

    class Speaker(models.TextChoices):
        AGENT = "agent"
        USER = "user"

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField()
    speaker = models.CharField(max_length=10, choices=Speaker.choices)
    # An agent's turn that somebody spoke in its place.
    by_operator = models.BooleanField(default=False, db_default=False)
    # Said between the agent and whom it transfers the call to; the caller has not heard it.
    is_aside = models.BooleanField(default=False, db_default=False)
    text = models.TextField()
    # What the audio bus calls the agent's speech; null for the caller's.
    utterance = models.PositiveIntegerField(null=True)
    # On the recording's clock: milliseconds since the answer.
    start_ms = models.PositiveIntegerField(null=True)
    end_ms = models.PositiveIntegerField(null=True)
    is_final = models.BooleanField(default=False)
    was_interrupted = models.BooleanField(default=False)
    # Milliseconds of each stage between the caller's last word and the agent's first sound (agent's turns only).
    latency = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("call", "number", name="turn_is_numbered_once"),
            models.UniqueConstraint(
                fields=["call", "utterance"],
                name="utterance_is_one_turn",
                condition=models.Q(utterance__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"turn {self.number} of call {self.call_id}"

    @property
    def source(self) -> str:
        """Who it was: `user`, `agent`, `operator` in the agent's place, or `colleague`, whom a call is transferred to."""
        if self.is_aside and self.speaker == self.Speaker.USER:
            return "colleague"
        return "operator" if self.by_operator else str(self.speaker)
