"""The audit log: who did what in an account, from one catalogue of actions.

A service that takes `by` writes its entry itself, in its own transaction. An interface that calls one which takes none
calls `record` beside it, within one `transaction.atomic()`. Details hold no secret, no speech and no prompt: ids, names of fields,
numbers, roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ApiKey, AuditEntry, User

Detail = str | int | bool | None | list[str]

# A released name is never used for another thing. The words complete "Somebody …".
ACTIONS: Final[Mapping[str, Promise]] = {
    "workspace.created": _("created the workspace"),
    "workspace.renamed": _("renamed the workspace"),
    "workspace.closed": _("closed the workspace"),
    "workspace.suspended": _("suspended the workspace"),
    "workspace.reinstated": _("reinstated the workspace"),
    "workspace.limits_changed": _("changed plan or limits"),
    "workspace.transferred": _("transferred ownership"),
    "workspace.viewed_by_staff": _("looked at the workspace as staff"),
    "workspace.left_by_staff": _("stopped looking at the workspace as staff"),
    "member.invited": _("invited somebody"),
    "member.invitation_withdrawn": _("withdrew an invitation"),
    "member.joined": _("joined"),
    "member.role_changed": _("changed a member's role"),
    "member.removed": _("removed a member"),
    "member.left": _("left"),
    "key.created": _("created an API key"),
    "key.revoked": _("revoked an API key"),
    "agent.created": _("created an agent"),
    "agent.changed": _("changed an agent"),
    "agent.restored": _("restored a version of an agent"),
    "agent.duplicated": _("duplicated an agent"),
    "agent.archived": _("archived an agent"),
    "agent.unarchived": _("brought an agent back"),
    "agent.link_enabled": _("switched an agent's public link on"),
    "agent.link_disabled": _("switched an agent's public link off"),
    "agent.link_changed": _("changed an agent's public link"),
    "agent.link_rotated": _("gave an agent's public link a new address"),
    "call.placed": _("placed a call"),
    "call.hung_up": _("hung up a call"),
    "call.requeued": _("queued a call for another worker"),
    "call.said": _("had the agent say something"),
    "call.noted": _("gave the agent a note"),
    "call.digits_sent": _("pressed keys in a call"),
    "call.listened_in": _("listened in on a call"),
    "call.taken_over": _("took a call over"),
    "call.handed_back": _("handed a call back to the agent"),
    "call.transferred": _("transferred a call"),
    "call.recording_paused": _("paused a recording"),
    "call.recording_recording": _("let a recording go on"),
    "call.recording_opened": _("opened a recording"),
    "batch.started": _("started a batch of calls"),
    "batch.paused": _("paused a batch of calls"),
    "batch.resumed": _("resumed a batch of calls"),
    "batch.canceled": _("canceled a batch of calls"),
    "webhook.created": _("created a webhook endpoint"),
    "webhook.changed": _("changed a webhook endpoint"),
    "webhook.deleted": _("deleted a webhook endpoint"),
    "webhook.secret_rotated": _("rotated a signing secret"),
    "webhook.tested": _("sent a test to a webhook endpoint"),
    "webhook.replayed": _("sent deliveries again"),
    "line.created": _("created a phone line"),
    "line.changed": _("changed a phone line"),
    "line.deleted": _("deleted a phone line"),
    "billing.top_up_started": _("set out to buy credits"),
    "billing.low_balance_changed": _("changed when low credits are told"),
    "billing.adjusted": _("adjusted the balance"),
    "do_not_call.added": _("put a number on the do-not-call list"),
    "do_not_call.removed": _("took a number off the do-not-call list"),
    "do_not_call.imported": _("imported numbers into the do-not-call list"),
    "dialing.rules_changed": _("changed the rules for outbound calls"),
    "data.retention_changed": _("changed how long data are kept"),
    "data.exported": _("exported the workspace's data"),
    "data.calls_exported": _("exported a list of calls"),
    "data.erased": _("erased a caller's data"),
    "data.expired": _("erased data past their time"),
}

_LONGEST_DETAIL: Final = 300
_MOST_DETAILS: Final = 20


@dataclass(frozen=True)
class Actor:
    """Who does something, and from where. Neither a person nor a key: the platform itself."""

    user: User | None = None
    api_key: ApiKey | None = None
    # A person of ours, and not of the account.
    is_staff: bool = False
    ip: str = ""

    @property
    def kind(self) -> AuditEntry.ActorKind:
        if self.user is not None:
            return AuditEntry.ActorKind.STAFF if self.is_staff else AuditEntry.ActorKind.USER
        return AuditEntry.ActorKind.KEY if self.api_key is not None else AuditEntry.ActorKind.PLATFORM

    @property
    def name(self) -> str:
        """What is told of them when they are gone."""
        if self.user is not None:
            return self.user.email
        return self.api_key.public_id if self.api_key is not None else ""


PLATFORM: Final = Actor()


def record(
    *,
    account: Account,
    by: Actor,
    action: str,
    target: str = "",
    details: Mapping[str, Detail] | None = None,
    at: datetime,
) -> AuditEntry:
    """Write down what was done. In the transaction that does it."""
    if action not in ACTIONS:
        raise ValueError(f"{action} is not in the catalogue")

    entry: AuditEntry = AuditEntry.objects.create(
        account=account,
        actor_kind=by.kind,
        actor=by.name,
        action=action,
        target=target,
        details=_short(details or {}),
        ip=by.ip,
        at=at,
    )
    return entry


def words_of(action: str) -> str:
    """What a page says of this action; the action itself where the catalogue no longer has it."""
    return str(ACTIONS.get(action, action))


def _short(details: Mapping[str, Detail]) -> dict[str, Detail]:
    if len(details) > _MOST_DETAILS:
        raise ValueError("an audit entry has few details")
    return {
        name: value[:_LONGEST_DETAIL] if isinstance(value, str | list) else value for name, value in details.items()
    }
