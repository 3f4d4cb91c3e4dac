"""What an account may do with us, as staff settle it: plan, limits of its own, suspension."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Account, Plan
from vaniagent.lib import errors


class NoReason(errors.InvalidRequest):
    """Nobody could learn later why it was done."""


class UnknownPlan(errors.InvalidRequest):
    """We sell no plan of this name."""


class AccountClosed(errors.InvalidRequest):
    """Its owner closed it."""


class NothingChanged(errors.InvalidRequest):
    """The account is so already."""


@dataclass(frozen=True)
class Terms:
    """A plan, and the account's own numbers where they differ from it. None: the plan's."""

    plan: str
    requests_per_minute: int | None = None
    requests_per_hour: int | None = None
    max_live_calls: int | None = None
    # Micro-credits.
    call_price_per_minute: int | None = None


def terms_of(account: Account) -> Terms:
    """What is agreed with this account."""
    return Terms(
        plan=account.plan,
        requests_per_minute=account.requests_per_minute,
        requests_per_hour=account.requests_per_hour,
        max_live_calls=account.max_live_calls,
        call_price_per_minute=account.call_price_per_minute,
    )


@transaction.atomic
def agree_terms(*, account: Account, terms: Terms, reason: str, by: audit.Actor, at: datetime) -> None:
    """Change the plan and the limits, from the next request and call on. Raises NoReason, UnknownPlan, NothingChanged."""
    _check_reason(reason)
    if terms.plan not in Plan.values:
        raise UnknownPlan(f"There is no plan '{terms.plan}'.", param="plan")
    before, after = asdict(terms_of(_locked(account))), asdict(terms)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        raise NothingChanged("These are the terms already.")

    _update(account, **{name: after[name] for name in changed})
    told = {name: f"{_words(before[name])} → {_words(after[name])}" for name in changed}
    _record(account, "workspace.limits_changed", by=by, at=at, reason=reason, **told)


@transaction.atomic
def suspend_account(*, account: Account, reason: str, by: audit.Actor, at: datetime) -> None:
    """Refuse the account's keys and new calls until it is resumed. Raises NoReason and NothingChanged."""
    _set_status(account, Account.Status.SUSPENDED, reason)
    _record(account, "workspace.suspended", by=by, at=at, reason=reason)


@transaction.atomic
def resume_account(*, account: Account, reason: str, by: audit.Actor, at: datetime) -> None:
    """Let a suspended account go on. Raises NoReason, NothingChanged and AccountClosed."""
    if _locked(account).closed_at is not None:
        raise AccountClosed("Its owner closed the account, which is for good.")
    _set_status(account, Account.Status.ACTIVE, reason)
    _record(account, "workspace.reinstated", by=by, at=at, reason=reason)


def _set_status(account: Account, status: str, reason: str) -> None:
    _check_reason(reason)
    if _locked(account).status == status:
        raise NothingChanged(f"The account is {status} already.")
    _update(account, status=status)


def _locked(account: Account) -> Account:
    return Account.objects.select_for_update(no_key=True).get(pk=account.pk)


def _update(account: Account, **changes: object) -> None:
    for name, value in changes.items():
        setattr(account, name, value)
    account.save(update_fields=list(changes))


def _record(account: Account, action: str, *, by: audit.Actor, at: datetime, **details: audit.Detail) -> None:
    audit.record(account=account, by=by, action=action, target=account.public_id, details=details, at=at)


def _words(value: object) -> str:
    return "as the plan says" if value is None else str(value)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise NoReason("Say why: it stands in the audit log.", param="reason")
