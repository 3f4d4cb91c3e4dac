"""Which gateway keeps a phone line registered with its trunk."""

from __future__ import annotations

from django.db import models

from calls.models.phone_line import PhoneLine


class LineRegistration(models.Model):
    """A lease: for as long as it runs nobody but its holder registers the line. Its times are the database's."""

    line = models.OneToOneField(PhoneLine, on_delete=models.CASCADE, related_name="registration")
    holder = models.CharField(max_length=60, help_text="The gateway's bus address")
    lease_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"registration of line {self.line_id}"
