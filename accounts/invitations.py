"""Offering a place in an account to an e-mail address: by a mail with a link that is good once, for seven days."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import audit, members, tasks
from accounts.models import Account, Invitation, Membership, User
from vaniagent.lib import errors, ids, sealing

LIFETIME: Final = timedelta(days=7)
# Open at once for one account: a bound on the mails that somebody can have us send.
MOST_OPEN: Final = 50
# A link that is sent again counts, too.
MOST_A_DAY: Final = 100
MOST_A_DAY_TO_ONE: Final = 5
TOKEN_LENGTH: Final = 43

_PURPOSE: Final = "invitation"
# What a mail program may take for an address of the web or of a person.
_LINK: Final = re.compile(r"[.:/\\@]\w|//")


class BadInvitation(errors.InvalidRequest):
    """Nobody can be invited like that."""


class InvitationGone(errors.NotFound):
    """No invitation has this token, or not any more."""


class OtherAddress(errors.PermissionDenied):
    """The invitation is for somebody else's address."""


def open_invitations(*, account: Account, at: datetime) -> QuerySet[Invitation]:
    """Those that can still be accepted, newest first."""
    invitations: QuerySet[Invitation] = Invitation.objects.for_account(account).filter(
        accepted_at=None, withdrawn_at=None, expires_at__gt=at
    )
    return invitations.select_related("invited_by").order_by("-pk")


@transaction.atomic
def invite(*, account: Account, email: str, role: str, by: audit.Actor, at: datetime) -> Invitation:
    """Mail somebody a link into the account. An earlier one to the same address ends. Raises BadInvitation and
    members.OwnersOnly."""
    email = email.strip().lower()
    _check_address(email)
    role = Membership.Role(role).value
    if role == Membership.Role.OWNER:
        members.check_is_owner(account=account, by=by)
    # The lock makes the count exact, and one invitation of an address out of two.
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if Membership.objects.for_account(account).filter(user__email__iexact=email).exists():
        raise BadInvitation(_("%(email)s is a member already.") % {"email": email}, param="email")
    _check_rate(account=account, email=email, at=at)
    earlier = Invitation.objects.for_account(account).filter(email__iexact=email, accepted_at=None, withdrawn_at=None)
    earlier.update(withdrawn_at=at)
    if open_invitations(account=account, at=at).count() >= MOST_OPEN:
        raise BadInvitation(_("There are %(most)d open invitations. Withdraw one first.") % {"most": MOST_OPEN})

    token = ids.base62(TOKEN_LENGTH)
    invitation: Invitation = Invitation.objects.create(
        account=account,
        email=email,
        role=role,
        digest=_digest(token),
        invited_by=by.user,
        created_at=at,
        expires_at=at + LIFETIME,
    )
    audit.record(
        account=account,
        by=by,
        action="member.invited",
        target=invitation.public_id,
        details={"email": email, "role": role},
        at=at,
    )
    sealed = sealing.seal(token, purpose=_PURPOSE)
    transaction.on_commit(lambda: tasks.mail_invitation(invitation.pk, sealed), robust=True)
    return invitation


@transaction.atomic
def withdraw(*, invitation: Invitation, by: audit.Actor, at: datetime) -> bool:
    """End an invitation. False where it was accepted or withdrawn before."""
    still_open = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not still_open.update(withdrawn_at=at):
        return False

    audit.record(
        account=invitation.account,
        by=by,
        action="member.invitation_withdrawn",
        target=invitation.public_id,
        details={"email": invitation.email},
        at=at,
    )
    return True


def find(*, token: str, at: datetime) -> Invitation:
    """The open invitation of this token, with its account. Raises InvitationGone."""
    invitation: Invitation | None = (
        Invitation.objects.select_related("account", "invited_by")
        .filter(
            digest=_digest(token),
            accepted_at=None,
            withdrawn_at=None,
            expires_at__gt=at,
            account__status=Account.Status.ACTIVE,
        )
        .first()
    )
    if invitation is None:
        raise InvitationGone(_("This invitation has expired, or was withdrawn or accepted. Ask for a new one."))
    return invitation


@transaction.atomic
def accept(*, token: str, user: User, ip: str = "", at: datetime) -> Membership:
    """Take the place that was offered, once. Raises InvitationGone and OtherAddress.

    The person's address must be the invited one; that it is theirs was shown when they signed up, or by the link itself.
    """
    invitation = find(token=token, at=at)
    if invitation.email != user.email.lower():
        raise OtherAddress(_("This invitation is for %(email)s.") % {"email": invitation.email})
    won = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None).update(accepted_at=at)
    if not won:
        raise InvitationGone(_("This invitation was accepted before."))

    membership, is_new = Membership.objects.get_or_create(
        account=invitation.account, user=user, defaults={"role": invitation.role}
    )
    if is_new:
        audit.record(
            account=invitation.account,
            by=audit.Actor(user=user, ip=ip),
            action="member.joined",
            target=invitation.public_id,
            details={"email": user.email, "role": membership.role},
            at=at,
        )
    return membership


def send(*, invitation_id: int, sealed_token: str) -> None:
    """Mail the link, unless the invitation has ended meanwhile."""
    invitation = (
        Invitation.objects.select_related("account", "invited_by")
        .filter(pk=invitation_id, accepted_at=None, withdrawn_at=None)
        .first()
    )
    if invitation is None:
        return

    link = f"{settings.PUBLIC_URL}/invitations/{sealing.unseal(sealed_token, purpose=_PURPOSE)}"
    whose = invitation.invited_by.email if invitation.invited_by else "VaniAgent"
    name = _named(invitation.account)
    send_mail(
        subject=f"Join {name} on VaniAgent",
        message=(
            f"{whose} invites you to {name}, as {invitation.get_role_display().lower()}.\n\n"
            f"{link}\n\n"
            f"The link is good once, until {invitation.expires_at:%Y-%m-%d %H:%M} UTC. "
            "If you do not know what this is about, do nothing.\n"
        ),
        from_email=None,
        recipient_list=[invitation.email],
    )


def _named(account: Account) -> str:
    """Its name on one line: a stranger's mail program may not find a link in what a customer wrote."""
    name = " ".join(account.name.split())
    return "a workspace" if _LINK.search(name) else name


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _check_rate(*, account: Account, email: str, at: datetime) -> None:
    lately = Invitation.objects.for_account(account).filter(created_at__gt=at - timedelta(days=1))
    if lately.filter(email__iexact=email).count() >= MOST_A_DAY_TO_ONE:
        raise BadInvitation(_("%(email)s was mailed often enough today.") % {"email": email}, param="email")
    if lately.count() >= MOST_A_DAY:
        raise BadInvitation(_("%(most)d invitations were sent today, which is the most.") % {"most": MOST_A_DAY})


def _check_address(email: str) -> None:
    try:
        validate_email(email)
        User._meta.get_field("email").run_validators(email)
    except ValidationError as error:
        raise BadInvitation(_("This is not an e-mail address."), param="email") from error
