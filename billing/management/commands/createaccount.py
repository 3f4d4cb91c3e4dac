"""Make an account with an owner, credits and a pair of keys, and print what is shown only once."""

from __future__ import annotations

import json
import secrets
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, transaction
from django.utils import timezone

from accounts import services as accounts
from accounts.models import ApiKey, Plan
from billing import services as billing
from vaniagent.lib import errors, money


class Command(BaseCommand):
    help = "Make an account with an owner, credits and a pair of API keys, and print them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--plan", choices=Plan.values, default=Plan.STARTER.value)
        parser.add_argument("--credits", metavar="N", help="instead of the credits that a sign-up gives")
        parser.add_argument("--password", metavar="P", help="made up where it is left out")
        parser.add_argument("--requests-per-minute", type=int, metavar="N", help="instead of the plan's")
        parser.add_argument("--requests-per-hour", type=int, metavar="N", help="instead of the plan's")
        parser.add_argument("--max-live-calls", type=int, metavar="N", help="instead of the plan's")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        password = options["password"] or secrets.token_urlsafe(12)
        numbers = {name: options[name] for name in ("requests_per_minute", "requests_per_hour", "max_live_calls")}
        for name, number in numbers.items():
            if number is not None and not 0 <= number <= 1_000_000_000:
                raise CommandError(f"--{name.replace('_', '-')}: {number} is out of range.")

        try:
            made = _make(
                email=options["email"],
                password=password,
                plan=options["plan"],
                numbers=numbers,
                micro_credits=_micro_credits(options["credits"]),
            )
        except errors.ServiceError as error:
            raise CommandError(error.message) from error
        except OperationalError as error:
            raise CommandError("The database cannot be reached. Is `make run` up, or DATABASE_URL right?") from error

        if options["json"]:
            self.stdout.write(json.dumps(made))
        else:
            for name, text in made.items():
                self.stdout.write(f"{name}: {text}")


@transaction.atomic
def _make(
    *, email: str, password: str, plan: str, numbers: dict[str, int | None], micro_credits: int
) -> dict[str, str]:
    now = timezone.now()
    account = accounts.create_account(
        email=email,
        password=password,
        plan=plan,
        requests_per_minute=numbers["requests_per_minute"],
        requests_per_hour=numbers["requests_per_hour"],
        max_live_calls=numbers["max_live_calls"],
    )
    billing.grant(
        account=account, reference=f"{account.public_id}/sign-up", micro_credits=micro_credits, at=now, memo="Sign-up"
    )
    _, live_key = accounts.create_api_key(account=account, mode=ApiKey.Mode.LIVE, name="First live key")
    _, test_key = accounts.create_api_key(account=account, mode=ApiKey.Mode.TEST, name="First test key")
    return {
        "account": account.public_id,
        "email": email.strip().lower(),
        "password": password,
        "api_key": live_key,
        "test_api_key": test_key,
    }


def _micro_credits(text: str | None) -> int:
    if text is None:
        return money.to_micro(settings.SIGN_UP_CREDITS)

    try:
        credits = Decimal(text)
    except InvalidOperation as error:
        raise CommandError(f"--credits: {text!r} is not a number.") from error
    if not credits.is_finite() or not 0 <= credits <= 1_000_000_000:
        raise CommandError(f"--credits: {text} is out of range.")
    return money.to_micro(credits)
