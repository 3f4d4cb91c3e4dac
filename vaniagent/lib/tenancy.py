"""Rows that belong to an account are reached through it."""

from __future__ import annotations

from typing import Any, Self

from django.db import models


class AccountQuerySet(models.QuerySet[Any]):
    """A queryset of rows with an `account` column."""

    def for_account(self, account: object) -> Self:
        """Only the rows of this account: what others own does not exist for it."""
        return self.filter(account=account)
