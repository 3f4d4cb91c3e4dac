"""Money: a double-entry ledger in micro-credits, and the balance row that guards it."""

from __future__ import annotations

from django.db import models

from accounts.models import Account
from vaniagent.lib.tenancy import AccountQuerySet


class Balance(models.Model):
    """What an account may spend and what is held. Moved only in the transaction that posts the entries."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="balance")
    available = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(available__gte=0), name="balance_is_never_overspent"),
            models.CheckConstraint(condition=models.Q(held__gte=0), name="held_credits_are_never_negative"),
        ]

    def __str__(self) -> str:
        return f"balance of account {self.account_id}"


class Transaction(models.Model):
    """One movement, once: what `reference` names is posted a single time for each kind."""

    class Kind(models.TextChoices):
        GRANT = "grant"
        HOLD = "hold"
        CHARGE = "charge"
        RELEASE = "release"
        ADJUSTMENT = "adjustment"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="transactions")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    reference = models.CharField(max_length=100)
    memo = models.CharField(max_length=200, blank=True)
    posted_at = models.DateTimeField()

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("reference", "kind", name="transaction_is_posted_once")]
        indexes = [
            # What one call moved: reference and everything below it ("call_…/minute/2").
            models.Index(
                fields=["account", "reference"],
                name="transaction_by_reference",
                # LIKE 'call_…/%' needs it where the database's collation is not C.
                opclasses=["int8_ops", "varchar_pattern_ops"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class LedgerEntry(models.Model):
    """One side of a transaction. Never changed or deleted; the entries of a transaction sum to zero."""

    class Book(models.TextChoices):
        CUSTOMER = "customer"
        HELD = "held"
        REVENUE = "revenue"
        ADJUSTMENTS = "adjustments"

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="entries")
    book = models.CharField(max_length=20, choices=Book.choices)
    micro_credits = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint("transaction", "book", name="ledger_entry_is_posted_once"),
            models.CheckConstraint(condition=~models.Q(micro_credits=0), name="ledger_entry_moves_something"),
        ]
        verbose_name_plural = "ledger entries"

    def __str__(self) -> str:
        return f"{self.book} {self.micro_credits}"
