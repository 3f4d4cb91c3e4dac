"""Money: a double-entry ledger in micro-credits, the balance row that guards it, and what customers pay in."""

from __future__ import annotations

from typing import Final

from django.db import models

from accounts.models import Account
from vaniagent.lib import ids
from vaniagent.lib.tenancy import AccountQuerySet


def _top_up_id() -> str:
    return ids.new("top")


class Balance(models.Model):
    """What an account may spend and what is held. Moved only in the transaction that posts the entries."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="balance")
    available = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    low_threshold = models.BigIntegerField(
        null=True, blank=True, help_text="Micro-credits; empty means LOW_BALANCE_CREDITS, 0 that nobody is told"
    )
    # That the balance fell below its threshold, and was told; until credits come in.
    is_low = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        permissions = [("adjust_balance", "Can adjust the balance")]
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
        TOP_UP = "top_up"
        REFUND = "refund"
        REINSTATEMENT = "reinstatement"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="transactions")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    reference = models.CharField(max_length=100)
    # For the customer to read.
    memo = models.CharField(max_length=200, blank=True)
    # Who of the staff, in an adjustment. Text, because the ledger outlives its people.
    posted_by = models.CharField(max_length=254, blank=True, default="", db_default="")
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
            # The statement of a month, and the list of transactions.
            models.Index(fields=["account", "posted_at", "id"], name="transaction_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


# What an account's owner sees: what came in and went out. Holds and releases move nothing that is not the account's already.
STATED_KINDS: Final = (
    Transaction.Kind.GRANT,
    Transaction.Kind.TOP_UP,
    Transaction.Kind.CHARGE,
    Transaction.Kind.ADJUSTMENT,
    Transaction.Kind.REFUND,
    Transaction.Kind.REINSTATEMENT,
)


class LedgerEntry(models.Model):
    """One side of a transaction. Never changed or deleted; the entries of a transaction sum to zero."""

    class Book(models.TextChoices):
        CUSTOMER = "customer"
        HELD = "held"
        REVENUE = "revenue"
        ADJUSTMENTS = "adjustments"
        # What customers paid in, less what went back to them.
        PAYMENTS = "payments"

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


class TopUp(models.Model):
    """Credits that somebody set out to buy, from the checkout page to the payment and what became of that."""

    class Status(models.TextChoices):
        OPEN = "open"
        PROCESSING = "processing"
        PAID = "paid"
        FAILED = "failed"
        EXPIRED = "expired"

    public_id = models.CharField(max_length=40, unique=True, default=_top_up_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="top_ups")
    micro_credits = models.BigIntegerField()
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.OPEN)
    failure = models.CharField(max_length=200, blank=True, help_text="Why it came to nothing, for staff")
    # The payment provider's names of the page and of the payment.
    checkout_id = models.CharField(max_length=100, unique=True)
    payment_id = models.CharField(max_length=100, blank=True)
    url = models.TextField()
    # What is missing where a payment went back after its credits were spent.
    shortfall = models.BigIntegerField(default=0, help_text="Micro-credits that went back and could not be taken")
    created_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = "top-up"
        constraints = [
            models.CheckConstraint(condition=models.Q(micro_credits__gt=0), name="top_up_is_of_something"),
            models.UniqueConstraint(
                fields=["payment_id"], condition=~models.Q(payment_id=""), name="payment_pays_one_top_up"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class Reversal(models.Model):
    """Part of a top-up's payment that went back: what was refunded of it so far, or one dispute."""

    top_up = models.ForeignKey(TopUp, on_delete=models.PROTECT, related_name="reversals")
    reference = models.CharField(max_length=100, help_text="The provider's name of the charge or the dispute")
    micro_credits = models.BigIntegerField()
    # A dispute that was won: the money is ours again.
    is_undone = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("reference", name="reversal_is_recorded_once"),
            models.CheckConstraint(condition=models.Q(micro_credits__gte=0), name="reversal_is_never_negative"),
        ]

    def __str__(self) -> str:
        return self.reference


class LedgerCheck(models.Model):
    """One comparison of all balances with the entries, and how many differed."""

    checked_at = models.DateTimeField()
    faults = models.PositiveIntegerField()
    # The first of them, as staff read them.
    details = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.faults} faults"
