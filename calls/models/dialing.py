"""Whom an account may ring: its rules, its do-not-call list, and the proof of what was asked before each call."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Account
from agents.models import AgentVersion
from calls.models.call import Call
from vaniagent.lib import ids
from vaniagent.lib.tenancy import AccountQuerySet


def _entry_id() -> str:
    return ids.new("dnc")


def _check_id() -> str:
    return ids.new("check")


class DialingRules(models.Model):
    """What an account asks of all its outbound calls, whatever the agent."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="dialing_rules")
    # As `agents.hours` writes them; null: at any time.
    calling_hours = models.JSONField(null=True)
    # Calls to one number in a day, and in seven; null: any number.
    max_per_day = models.PositiveIntegerField(null=True, validators=[MinValueValidator(1), MaxValueValidator(1000)])
    max_per_week = models.PositiveIntegerField(null=True, validators=[MinValueValidator(1), MaxValueValidator(1000)])
    # The customer's server that is asked before each call; empty: none.
    pre_dial_url = models.CharField(max_length=2000, blank=True)
    # Sealed: it signs what the server is asked.
    pre_dial_secret = models.TextField(blank=True)
    # How long proofs are kept; null: for ever.
    proof_days = models.PositiveIntegerField(null=True, validators=[MinValueValidator(1), MaxValueValidator(3650)])
    # Sealed: what the digests of erased numbers are made with. Empty as long as none was erased.
    digest_key = models.TextField(blank=True)

    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"dialing rules of account {self.account_id}"


class DoNotCall(models.Model):
    """A number that its account must not ring. Of a caller whose data were erased a keyed digest is left."""

    class Source(models.TextChoices):
        API = "api"
        PAGE = "page"
        IMPORT = "import"
        # Said in a call.
        CALL = "call"

    public_id = models.CharField(max_length=40, unique=True, default=_entry_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="do_not_call", db_index=False)
    number = models.CharField(max_length=20, null=True)
    digest = models.CharField(max_length=64, null=True, editable=False)
    source = models.CharField(max_length=10, choices=Source.choices)
    reason = models.CharField(max_length=200, blank=True)
    # The call that it was said in.
    call = models.ForeignKey(Call, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = "entry"
        verbose_name_plural = "do-not-call entries"
        constraints = [
            # Before each call, too: whether its number is listed.
            models.UniqueConstraint("account", "number", name="number_is_listed_once"),
            models.UniqueConstraint("account", "digest", name="digest_is_listed_once"),
            models.CheckConstraint(
                condition=models.Q(number=None, digest__isnull=False) | models.Q(number__isnull=False, digest=None),
                name="entry_has_a_number_or_its_digest",
            ),
        ]
        indexes = [
            # The list, newest first.
            models.Index(fields=["account", "-id"], name="do_not_call_by_account"),
            # A call goes: nothing points at it any more.
            models.Index(fields=["call"], name="do_not_call_by_call", condition=models.Q(call__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.public_id


class DialCheck(models.Model):
    """What the gate was asked about one call, and what each rule said. Never changed, but for an erased number.

    `results` is a list of `{rule, passed, detail}` in the order asked; the first that did not pass refused the call.
    """

    public_id = models.CharField(max_length=40, unique=True, default=_check_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="dial_checks", db_index=False)
    # Null: refused before there was a call.
    call = models.ForeignKey(Call, on_delete=models.CASCADE, null=True, related_name="dial_checks", db_index=False)
    agent_version = models.ForeignKey(AgentVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    to_number = models.CharField(max_length=20)
    is_allowed = models.BooleanField()
    # The rule that refused; empty: none did.
    refused_by = models.CharField(max_length=40, blank=True)
    results = models.JSONField(default=list)
    # SHA-256 of what the customer's server answered, hex; empty: it was not asked, or did not answer.
    answer_digest = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = "check"
        indexes = [
            # The list, newest first; of one number.
            models.Index(fields=["account", "-id"], name="dial_check_by_account"),
            models.Index(fields=["account", "to_number", "-id"], name="dial_check_by_number"),
            # The page of what was refused, newest first: few among many.
            models.Index(fields=["account", "-id"], name="dial_check_refused", condition=models.Q(is_allowed=False)),
            models.Index(fields=["call"], name="dial_check_by_call", condition=models.Q(call__isnull=False)),
            # An agent's versions, when it goes.
            models.Index(fields=["agent_version"], name="dial_check_by_version"),
            # The sweep of what is kept no longer.
            models.Index(fields=["account", "at"], name="dial_check_by_age"),
        ]

    def __str__(self) -> str:
        return self.public_id
