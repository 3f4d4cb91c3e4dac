"""`manage.py rotatesecrets`: encrypt stored secrets anew, so that an earlier SECRET_KEY can be forgotten."""

from __future__ import annotations

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from calls.models import PhoneLine
from vaniagent.lib import sealing
from webhooks.models import Endpoint

# Those that last. What else is encrypted is forgotten within days: kept answers, invitations, a signing secret's predecessor.
_HAVE_SECRETS: Final[tuple[type[PhoneLine] | type[Endpoint], ...]] = (PhoneLine, Endpoint)


class Command(BaseCommand):
    help = "Encrypt stored secrets with the present SECRET_KEY; the earlier one may leave SECRET_KEY_FALLBACKS a day later."

    def handle(self, *args: Any, **options: Any) -> None:
        done = lost = 0
        for model in _HAVE_SECRETS:
            for pk in model.objects.exclude(sealed_secret="").values_list("pk", flat=True):
                try:
                    _rotate(model, pk)
                except sealing.CannotUnseal:
                    lost += 1
                else:
                    done += 1
        self.stdout.write(f"{done} secrets are encrypted with the present key.")
        if lost:
            raise CommandError(f"{lost} secrets cannot be read. Name the key that they need in SECRET_KEY_FALLBACKS.")


@transaction.atomic
def _rotate(model: type[PhoneLine] | type[Endpoint], pk: int) -> None:
    """One row, under its lock: its secret may be changed just now."""
    row = model.objects.select_for_update(no_key=True).get(pk=pk)
    row.secret = row.secret
    row.save(update_fields=["sealed_secret"])
