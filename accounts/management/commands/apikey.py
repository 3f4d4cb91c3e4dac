"""Make, list and revoke API keys."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from accounts import keys, services
from accounts.models import Account, ApiKey, Scope
from vaniagent.lib import errors


class Command(BaseCommand):
    help = "Make, list and revoke the API keys of an account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)

        create = verbs.add_parser("create", help="make a key and print it, which nothing can do again")
        create.add_argument("account", metavar="ACCOUNT", help="acct_…, or the e-mail address of its owner")
        create.add_argument("--name", default="", metavar="N")
        create.add_argument("--test", action="store_true", help="for the sandbox alone, at no cost")
        create.add_argument("--scopes", default=",".join(Scope.values), metavar="S", help="default: %(default)s")
        create.add_argument("--expires", metavar="T", help="2027-01-31 or 2027-01-31T12:00:00Z; default: never")

        listing = verbs.add_parser("list", help="list the keys of an account, revoked ones too")
        listing.add_argument("account", metavar="ACCOUNT", help="acct_…, or the e-mail address of its owner")

        revoke = verbs.add_parser("revoke", help="end a key from its next request on")
        revoke.add_argument("key", metavar="KEY", help="key_…, or the key itself")

        for verb in (create, listing, revoke):
            verb.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "create":
            self._create(options)
        elif options["verb"] == "list":
            self._list(options)
        else:
            self._revoke(options)

    def _create(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        if len(options["name"]) > 100:
            raise CommandError("--name: at most 100 characters.")
        try:
            key, text = services.create_api_key(
                account=_account(options["account"]),
                mode=ApiKey.Mode.TEST if options["test"] else ApiKey.Mode.LIVE,
                name=options["name"],
                scopes=[scope.strip() for scope in options["scopes"].split(",")],
                expires_at=_expiry(options["expires"], now),
            )
        except errors.ServiceError as error:
            raise CommandError(error.message) from error

        made = {**_shown(key), "api_key": text}
        if options["json"]:
            self.stdout.write(json.dumps(made))
        else:
            for name, value in made.items():
                self.stdout.write(f"{name}: {_in_words(value)}")

    def _list(self, options: dict[str, Any]) -> None:
        found = ApiKey.objects.for_account(_account(options["account"])).order_by("pk")
        shown = [_shown(key) for key in found]
        if options["json"]:
            self.stdout.write(json.dumps(shown))
            return

        for key in shown:
            self.stdout.write("  ".join(_in_words(value) for value in key.values()))

    def _revoke(self, options: dict[str, Any]) -> None:
        key = _key(options["key"])
        revoked_now = services.revoke_api_key(key=key, at=timezone.now())
        key.refresh_from_db()
        if options["json"]:
            self.stdout.write(json.dumps(_shown(key)))
        else:
            self.stdout.write(f"{key.public_id} {'is revoked' if revoked_now else 'was revoked before'}.")


def _account(text: str) -> Account:
    owner = {"memberships__user__email__iexact": text, "memberships__role": "owner"}
    known = {"public_id": text} if "@" not in text else owner
    accounts = list(Account.objects.filter(**known)[:2])
    if not accounts:
        raise CommandError(f"There is no account {text}.")
    if len(accounts) > 1:
        raise CommandError(f"{text} owns more than one account: name it as acct_….")
    return accounts[0]


def _key(text: str) -> ApiKey:
    known = {"digest": keys.digest(text)} if keys.is_well_formed(text) else {"public_id": text}
    key: ApiKey | None = ApiKey.objects.filter(**known).first()
    if key is None:
        raise CommandError("There is no such key.")
    return key


def _expiry(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None

    try:
        at = parse_datetime(text)
        day = parse_date(text)
    except ValueError:
        at = day = None
    if at is None and day is not None:
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if at is None:
        raise CommandError(f"--expires: {text!r} is no date and no time.")
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    if at <= now:
        raise CommandError(f"--expires: {text} has passed.")
    return at


def _shown(key: ApiKey) -> dict[str, Any]:
    """A key as it may be shown at any time."""
    return {
        "id": key.public_id,
        "name": key.name,
        "mode": key.mode,
        "scopes": key.scopes,
        "last4": key.last4,
        "created_at": _moment(key.created_at),
        "last_used_at": _moment(key.last_used_at),
        "expires_at": _moment(key.expires_at),
        "revoked_at": _moment(key.revoked_at),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(value) if value else "-"
