"""`manage.py rotatesecrets`: encrypt stored secrets anew, so that an earlier SECRET_KEY can be forgotten."""

from __future__ import annotations

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from calls import listed_numbers
from calls.models import DialingRules, PhoneLine
from calls.services import dialing_rules
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
        for pk in DialingRules.objects.values_list("pk", flat=True):
            try:
                done += _rotate_rules(pk)
            except sealing.CannotUnseal:
                lost += 1
        self.stdout.write(f"{done} secrets are encrypted with the present key.")
        if lost:
            raise CommandError(f"{lost} secrets cannot be read. Name the key that they need in SECRET_KEY_FALLBACKS.")


@transaction.atomic
def _rotate(model: type[PhoneLine] | type[Endpoint], pk: int) -> None:
    """One row, under its lock: its secret may be changed just now."""
    row = model.objects.select_for_update(no_key=True).get(pk=pk)
    row.secret = row.secret
    row.save(update_fields=["sealed_secret"])


@transaction.atomic
def _rotate_rules(pk: int) -> int:
    """What an account's rules hold: how many secrets there were."""
    rules = DialingRules.objects.select_for_update(no_key=True).get(pk=pk)
    if rules.digest_key:
        rules.digest_key = listed_numbers.resealed(rules.digest_key)
    if rules.pre_dial_secret:
        rules.pre_dial_secret = dialing_rules.resealed(rules.pre_dial_secret)
    rules.save(update_fields=["digest_key", "pre_dial_secret"])
    return bool(rules.digest_key) + bool(rules.pre_dial_secret)
