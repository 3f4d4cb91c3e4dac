"""Making accounts and keys."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts import audit, keys
from accounts.models import Account, ApiKey, Membership, Plan, Scope, User
from vaniagent.lib import errors

MAX_KEYS_PER_ACCOUNT: Final = 100


class EmailTaken(errors.InvalidRequest):
    """Somebody with this e-mail address is here already."""


class BadCredentials(errors.InvalidRequest):
    """The e-mail address or the password is not one."""


class UnknownTimeZone(errors.InvalidRequest):
    """The database of time zones has none of this name."""


class TooManyKeys(errors.InvalidRequest):
    """The account has as many keys as it may have."""


class BadScopes(errors.InvalidRequest):
    """No scope at all, or one that is none."""


class ScopeBeyondRole(errors.PermissionDenied):
    """A member may not hand on more than their role lets them do."""


@transaction.atomic
def create_account(
    *,
    email: str,
    password: str,
    name: str = "",
    plan: str = Plan.STARTER,
    requests_per_minute: int | None = None,
    requests_per_hour: int | None = None,
    max_live_calls: int | None = None,
) -> Account:
    """An account with one person, its owner, whose address counts as verified. Raises BadCredentials and EmailTaken."""
    email = email.strip().lower()
    _check_credentials(email, password)
    account = Account.objects.create(
        name=(name or email)[:100],
        plan=Plan(plan),
        requests_per_minute=requests_per_minute,
        requests_per_hour=requests_per_hour,
        max_live_calls=max_live_calls,
    )
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password)
    except IntegrityError as error:
        raise EmailTaken(f"{email} has an account already.", param="email") from error

    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    Membership.objects.create(account=account, user=user, role=Membership.Role.OWNER)
    return account


@transaction.atomic
def open_account(*, user: User, name: str) -> Account:
    """An account for a person who is here already, its owner."""
    account = Account.objects.create(name=name[:100])
    Membership.objects.create(account=account, user=user, role=Membership.Role.OWNER)
    return account


@transaction.atomic
def choose_time_zone(*, user: User, name: str) -> None:
    """Show this person times in this zone; empty: in the browser's. Raises UnknownTimeZone."""
    if name and name not in zoneinfo.available_timezones():
        raise UnknownTimeZone(f"There is no time zone '{name}'.", param="time_zone")

    user.time_zone = name
    user.save(update_fields=["time_zone"])


@transaction.atomic
def create_api_key(
    *,
    account: Account,
    mode: str,
    name: str = "",
    scopes: Sequence[str] = tuple(Scope.values),
    expires_at: datetime | None = None,
    by: audit.Actor | None = None,
    at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which nothing can show again. Raises BadScopes, ScopeBeyondRole and TooManyKeys.

    `by` and `at` put it into the audit log.
    """
    if not scopes or not set(scopes) <= set(Scope.values):
        raise BadScopes(f"Scopes are one or more of {', '.join(Scope.values)}.", param="scopes")

    # The lock makes the count below exact, and nobody's role changes meanwhile.
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if by is not None and by.user is not None:
        _check_may_give(scopes, account=account, by=by)
    if ApiKey.objects.for_account(account).filter(revoked_at=None).count() >= MAX_KEYS_PER_ACCOUNT:
        raise TooManyKeys(f"An account has at most {MAX_KEYS_PER_ACCOUNT} keys; revoke one first.")

    text = keys.generate(mode=ApiKey.Mode(mode).value)
    key = ApiKey.objects.create(
        account=account,
        name=name,
        mode=mode,
        # In one order, each once.
        scopes=[scope for scope in Scope.values if scope in scopes],
        digest=keys.digest(text),
        last4=text[-4:],
        expires_at=expires_at,
    )
    if by is not None and at is not None:
        details: dict[str, audit.Detail] = {"name": name, "mode": str(mode), "scopes": list(key.scopes)}
        audit.record(account=account, by=by, action="key.created", target=key.public_id, details=details, at=at)
    return key, text


@transaction.atomic
def revoke_api_key(*, key: ApiKey, at: datetime, by: audit.Actor | None = None) -> bool:
    """End a key from its next request on. False where it was revoked before. `by` puts it into the audit log."""
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at):
        return False

    if by is not None:
        audit.record(
            account=key.account, by=by, action="key.revoked", target=key.public_id, details={"name": key.name}, at=at
        )
    return True


def scopes_of_role(role: str) -> tuple[str, ...]:
    """The scopes that a member of this role may give to a key. Only admins and owners reach money and members."""
    match role:
        case Membership.Role.OWNER | Membership.Role.ADMIN:
            return tuple(Scope.values)
        case Membership.Role.DEVELOPER:
            return (Scope.READ.value, Scope.CALLS.value)
        case _:
            return ()


def _check_may_give(scopes: Sequence[str], *, account: Account, by: audit.Actor) -> None:
    member = Membership.objects.for_account(account).filter(user=by.user).first()
    allowed = scopes_of_role(member.role) if member is not None else ()
    beyond = [scope for scope in scopes if scope not in allowed]
    if beyond:
        raise ScopeBeyondRole(
            f"Your role does not reach as far as a key with the scope '{beyond[0]}'. An admin can make it.",
            param="scopes",
        )


def _check_credentials(email: str, password: str) -> None:
    try:
        validate_email(email)
        # The validator knows the form; how long an address may be is the column's to say.
        User._meta.get_field("email").run_validators(email)
    except ValidationError as error:
        raise BadCredentials("This is not an e-mail address.", param="email") from error

    # How strong a password must be is the sign-up form's to say: an operator may choose any.
    if not password:
        raise BadCredentials("The password is empty.", param="password")
