"""What people do with an account as a whole: open a further one, rename it, close it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, members
from accounts.models import Account, ApiKey, Invitation, Membership, User
from vaniagent.lib import errors

MOST_OF_ONE_OWNER: Final = 10
# What its callers said and were is erased so long after an account was closed (calls.services.expiry).
ERASED_AFTER: Final = timedelta(days=30)


class BadName(errors.InvalidRequest):
    """No name, or one that is too long."""


class TooManyWorkspaces(errors.InvalidRequest):
    """One person owns as many as one may."""


@transaction.atomic
def create_workspace(*, user: User, name: str, ip: str = "", at: datetime) -> Account:
    """A further account for somebody who is here already: its owner. It has no credits. Raises BadName and
    TooManyWorkspaces."""
    name = _checked_name(name)
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    owned = Membership.objects.filter(user=user, role=Membership.Role.OWNER, account__closed_at=None)
    if owned.count() >= MOST_OF_ONE_OWNER:
        raise TooManyWorkspaces(_("You own %(most)d workspaces, which is the most.") % {"most": MOST_OF_ONE_OWNER})

    account = Account.objects.create(name=name)
    Membership.objects.create(account=account, user=user, role=Membership.Role.OWNER)
    audit.record(
        account=account,
        by=audit.Actor(user=user, ip=ip),
        action="workspace.created",
        target=account.public_id,
        details={"name": name},
        at=at,
    )
    return account


@transaction.atomic
def rename_workspace(*, account: Account, name: str, by: audit.Actor, at: datetime) -> Account:
    """Raises BadName."""
    name = _checked_name(name)
    account = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if account.name != name:
        before, account.name = account.name, name
        account.save(update_fields=["name"])
        audit.record(
            account=account,
            by=by,
            action="workspace.renamed",
            target=account.public_id,
            details={"before": before, "after": name},
            at=at,
        )
    return account


@transaction.atomic
def close_workspace(*, account: Account, by: audit.Actor, at: datetime) -> bool:
    """Suspend an account for good: its keys and invitations end now, its callers' data later; the ledger stays.

    False where it was closed before. Calls in progress come to their end. Raises members.OwnersOnly.
    """
    members.check_is_owner(account=account, by=by)
    closing = Account.objects.filter(pk=account.pk, closed_at=None)
    if not closing.update(closed_at=at, status=Account.Status.SUSPENDED):
        return False

    keys = ApiKey.objects.for_account(account).filter(revoked_at=None).update(revoked_at=at)
    Invitation.objects.for_account(account).filter(accepted_at=None, withdrawn_at=None).update(withdrawn_at=at)
    audit.record(
        account=account,
        by=by,
        action="workspace.closed",
        target=account.public_id,
        details={"revoked_keys": keys},
        at=at,
    )
    return True


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100:
        raise BadName(_("A workspace's name has 1 to 100 characters."), param="name")
    return name
