"""Endpoints: made, changed, disabled and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from vaniagent.lib import errors, outbound
from webhooks import event_types, signing, tasks
from webhooks.models import Delivery, Endpoint, EndpointQuerySet

OLD_SECRET_STAYS_VALID: Final = timedelta(hours=24)


class InvalidEndpoint(errors.InvalidRequest):
    """No endpoint can be like that."""


class EndpointNotEnabled(errors.InvalidRequest):
    """Nothing is sent to this endpoint now."""


class NoSuchEndpoint(errors.NotFound):
    """Nothing by that id, or somebody else's."""


def list_endpoints(*, account: Account) -> EndpointQuerySet:
    """The account's endpoints, newest first."""
    return Endpoint.objects.for_account(account).existing().order_by("-pk")


def get_endpoint(*, account: Account, public_id: str) -> Endpoint:
    """One of the account's endpoints. Raises NoSuchEndpoint."""
    endpoint: Endpoint | None = list_endpoints(account=account).filter(public_id=public_id).first()
    if endpoint is None:
        raise NoSuchEndpoint("There is no endpoint with this id.")
    return endpoint


@transaction.atomic
def create_endpoint(*, account: Account, url: str, events: Sequence[str], description: str = "") -> Endpoint:
    """Tell this address about these events from now on. Raises outbound.UrlRefused and InvalidEndpoint."""
    _check_url(url)
    # The lock makes the count below exact.
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if Endpoint.objects.for_account(account).existing().count() >= settings.WEBHOOKS_MAX_ENDPOINTS:
        raise InvalidEndpoint(f"An account has at most {settings.WEBHOOKS_MAX_ENDPOINTS} webhook endpoints")

    endpoint = Endpoint(account=account, url=url, events=checked_events(events), description=description)
    endpoint.secret = signing.new_secret()
    endpoint.save()
    return endpoint


@transaction.atomic
def update_endpoint(
    *,
    endpoint: Endpoint,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
    status: str | None = None,
) -> Endpoint:
    """Change what is given. Enabling forgets earlier failures. Raises outbound.UrlRefused and InvalidEndpoint."""
    endpoint = _locked(endpoint)
    if url is not None:
        _check_url(url)
        endpoint.url = url
    if events is not None:
        endpoint.events = checked_events(events)
    if description is not None:
        endpoint.description = description
    if status == Endpoint.Status.ENABLED and endpoint.status != Endpoint.Status.ENABLED:
        endpoint.status = Endpoint.Status.ENABLED
        endpoint.disabled_reason = ""
        endpoint.failing_since = None
    endpoint.save(update_fields=["url", "events", "description", "status", "disabled_reason", "failing_since"])
    if status == Endpoint.Status.DISABLED:
        disable_endpoint(endpoint=endpoint, reason="by the owner")
    return endpoint


@transaction.atomic
def rotate_secret(*, endpoint: Endpoint, at: datetime) -> Endpoint:
    """Sign with a new secret; the old one stays valid for 24 hours beside it."""
    endpoint = _locked(endpoint)
    endpoint.sealed_previous_secret = endpoint.sealed_secret
    endpoint.previous_secret_until = at + OLD_SECRET_STAYS_VALID
    endpoint.secret = signing.new_secret()
    endpoint.save(update_fields=["sealed_secret", "sealed_previous_secret", "previous_secret_until"])
    return endpoint


@transaction.atomic
def disable_endpoint(*, endpoint: Endpoint, reason: str, tell_owner: bool = False) -> bool:
    """Send nothing more to it, and give up what waits. False where it was disabled already."""
    listening = Endpoint.objects.listening().filter(pk=endpoint.pk)
    if listening.update(status=Endpoint.Status.DISABLED, disabled_reason=reason) == 0:
        return False

    endpoint.refresh_from_db(fields=["status", "disabled_reason"])
    _give_up_waiting(endpoint)
    if tell_owner:
        transaction.on_commit(lambda: tasks.tell_owner(endpoint.pk), robust=True)
    return True


@transaction.atomic
def delete_endpoint(*, endpoint: Endpoint, at: datetime) -> None:
    """Forget the endpoint; its deliveries stay for the record."""
    if Endpoint.objects.existing().filter(pk=endpoint.pk).update(deleted_at=at):
        _give_up_waiting(endpoint)


def lock_listening(endpoint: Endpoint) -> Endpoint:
    """The endpoint, locked until the transaction ends. Raises EndpointNotEnabled where it hears nothing."""
    locked: Endpoint | None = Endpoint.objects.listening().select_for_update(no_key=True).filter(pk=endpoint.pk).first()
    if locked is None:
        raise EndpointNotEnabled("The endpoint is disabled; enable it first")
    return locked


def _give_up_waiting(endpoint: Endpoint) -> None:
    # What a sender has in its hands ends there: it finds the endpoint disabled when it records its attempt.
    waiting = Delivery.objects.filter(endpoint=endpoint, status=Delivery.Status.PENDING, leased_until=None)
    waiting.update(status=Delivery.Status.FAILED, next_attempt_at=None)


def _locked(endpoint: Endpoint) -> Endpoint:
    locked: Endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    return locked


def _check_url(url: str) -> None:
    outbound.check_url(url, allow_private=settings.WEBHOOKS_ALLOW_PRIVATE)


def checked_events(events: Sequence[str]) -> list[str]:
    """The names, each once. Raises InvalidEndpoint."""
    for name in events:
        if name not in event_types.NAMES:
            raise InvalidEndpoint(
                f"There is no event '{name}'; choose from {', '.join(event_types.NAMES)}", param="events"
            )
    if not events:
        raise InvalidEndpoint("The 'events' field must name at least one event", param="events")
    return list(dict.fromkeys(events))
