"""Who is in an account, and as what: roles, leaving, ownership. Invitations are in `accounts.invitations`.

An account always has an owner, and only owners make or unmake owners. The account's row is locked for every change, so
that two owners cannot both leave at once.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import Account, Membership
from vaniagent.lib import errors

Role = Membership.Role


class LastOwner(errors.InvalidRequest):
    """The account would be without an owner."""


class OwnersOnly(errors.PermissionDenied):
    """Only an owner may do this."""


class NoSuchMember(errors.NotFound):
    """Nobody by that id in this account, or no longer."""


def members_of(account: Account) -> QuerySet[Membership]:
    """Everybody in the account, with their `user`, in the order they came."""
    members: QuerySet[Membership] = Membership.objects.for_account(account).select_related("user").order_by("pk")
    return members


def get_member(*, account: Account, pk: int) -> Membership:
    """One of them. Raises NoSuchMember."""
    member = members_of(account).filter(pk=pk).first()
    if member is None:
        raise NoSuchMember("There is no such member in this workspace.")
    return member


@transaction.atomic
def change_role(*, member: Membership, role: str, by: audit.Actor, at: datetime) -> Membership:
    """Give a member another role. Raises OwnersOnly, LastOwner and NoSuchMember."""
    member = _locked(member)
    role = Role(role).value
    if member.role == role:
        return member
    if Role.OWNER in (member.role, role):
        check_is_owner(account=member.account, by=by)
    if member.role == Role.OWNER:
        _check_not_last_owner(member)

    before, member.role = member.role, role
    member.save(update_fields=["role"])
    audit.record(
        account=member.account,
        by=by,
        action="member.role_changed",
        details={"email": member.user.email, "before": before, "after": role},
        at=at,
    )
    return member


@transaction.atomic
def remove_member(*, member: Membership, by: audit.Actor, at: datetime) -> None:
    """Take a member's place away, or, where it is one's own, leave. Raises OwnersOnly, LastOwner and NoSuchMember."""
    member = _locked(member)
    leaves = by.user is not None and by.user.pk == member.user_id
    if member.role == Role.OWNER:
        if not leaves:
            check_is_owner(account=member.account, by=by)
        _check_not_last_owner(member)

    details: dict[str, audit.Detail] = {"email": member.user.email, "role": member.role}
    account = member.account
    member.delete()
    audit.record(account=account, by=by, action="member.left" if leaves else "member.removed", details=details, at=at)


@transaction.atomic
def transfer_ownership(*, account: Account, to: Membership, by: audit.Actor, at: datetime) -> None:
    """Make this member the owner, and whoever does it an admin. Raises OwnersOnly and NoSuchMember."""
    to = _locked(to)
    if to.account_id != account.pk:
        raise NoSuchMember("There is no such member in this workspace.")
    check_is_owner(account=account, by=by)
    Membership.objects.filter(pk=to.pk).update(role=Role.OWNER)
    if by.user is not None and by.user.pk != to.user_id:
        Membership.objects.for_account(account).filter(user=by.user).update(role=Role.ADMIN)
    audit.record(account=account, by=by, action="workspace.transferred", details={"to": to.user.email}, at=at)


def check_is_owner(*, account: Account, by: audit.Actor) -> None:
    """Raises OwnersOnly unless it is an owner of the account, our staff, or the platform that acts."""
    if by.is_staff or by == audit.PLATFORM:
        return
    if not Membership.objects.for_account(account).filter(user=by.user, role=Role.OWNER).exists():
        raise OwnersOnly("Only an owner of the workspace may do this.")


def _locked(member: Membership) -> Membership:
    """The member as it is now, with the account's row locked. Raises NoSuchMember."""
    account = Account.objects.select_for_update(no_key=True).get(pk=member.account_id)
    return get_member(account=account, pk=member.pk)


def _check_not_last_owner(member: Membership) -> None:
    owners = Membership.objects.for_account(member.account).filter(role=Role.OWNER)
    if not owners.exclude(pk=member.pk).exists():
        raise LastOwner("A workspace needs an owner. Make somebody else an owner first.")
