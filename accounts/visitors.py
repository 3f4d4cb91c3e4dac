"""Who looks at a workspace's pages, for what is no request: a socket that goes on after it was opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare

from accounts.models import Account, Membership, User


@dataclass(frozen=True)
class Visitor:
    """A member of an account, by the session of a browser."""

    account_id: int
    user_id: int
    session_key: str = field(repr=False)


def find_visitor(*, session_key: str, account_id: str, at: datetime) -> Visitor | None:
    """Whose session this is, if they are a member of the account of this public id."""
    account = Account.objects.filter(public_id=account_id).values_list("pk", flat=True).first()
    user_id = _users_of({session_key}, at).get(session_key)
    if account is None or user_id is None:
        return None
    visitor = Visitor(account, user_id, session_key)
    return visitor if still_members({visitor}, at) else None


def still_members(visitors: Iterable[Visitor], at: datetime) -> set[Visitor]:
    """Those whose session goes on, with the password that it began with, and who are members of their account still."""
    known = set(visitors)
    users = _users_of({visitor.session_key for visitor in known}, at)
    memberships = Membership.objects.filter(
        user_id__in=set(users.values()), user__is_active=True, account__status=Account.Status.ACTIVE
    )
    members = set(memberships.values_list("account_id", "user_id"))
    return {
        visitor
        for visitor in known
        if users.get(visitor.session_key) == visitor.user_id and (visitor.account_id, visitor.user_id) in members
    }


def _users_of(session_keys: set[str], at: datetime) -> dict[str, int]:
    """The user that each of these sessions is logged in as."""
    from_sessions: dict[str, tuple[int, str]] = {}
    for session in Session.objects.filter(session_key__in=session_keys, expire_date__gt=at):
        kept: dict[str, Any] = session.get_decoded()
        user_id = str(kept.get(SESSION_KEY, ""))
        if user_id.isdecimal():
            from_sessions[session.session_key] = (int(user_id), str(kept.get(HASH_SESSION_KEY, "")))

    users = User.objects.in_bulk({user_id for user_id, _ in from_sessions.values()})
    return {
        key: user_id
        for key, (user_id, hashed) in from_sessions.items()
        if user_id in users and constant_time_compare(hashed, users[user_id].get_session_auth_hash())
    }
