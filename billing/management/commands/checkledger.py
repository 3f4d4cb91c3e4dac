"""Compare every balance with the entries of its account, and say what differs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Account
from billing import services as billing


class Command(BaseCommand):
    help = "Compare every balance with the ledger's entries. Ends with 1 where they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", metavar="acct_…", help="this account alone")

    def handle(self, *args: Any, **options: Any) -> None:
        account = None
        if public_id := options["account"]:
            account = Account.objects.filter(public_id=public_id).first()
            if account is None:
                raise CommandError(f"There is no account {public_id}.")

        faults = billing.check_ledger(account=account)
        for fault in faults:
            self.stdout.write(f"{fault.subject}: the entries say {fault.expected}, found {fault.found} (micro-credits)")
        if faults:
            raise CommandError(f"{len(faults)} differ.")
        self.stdout.write("Balances and entries agree.")
