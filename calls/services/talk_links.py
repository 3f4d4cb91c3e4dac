"""An agent's public link: who may talk with it without a log-in, how long and how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.crypto import salted_hmac

from accounts.models import Account
from agents.models import Agent
from calls import links
from calls.models import Call, Leg, PublicTalk, TalkLink
from calls.models.talk import new_slug
from calls.services import starting
from calls.services.starting import BrowserTalk, NoSuchAgent
from vaniagent.lib import errors, rate_limits
from vaniagent.lib.rate_limits import MINUTE, Window

# What a link's owner may set.
LIMITS: Final = ("minutes_per_day", "calls_per_hour", "calls_per_visitor_hour", "max_duration")
MOST_ORIGINS: Final = 20
# Talks of one link whose socket nobody has opened yet: each has a place among the account's live calls.
MOST_UNOPENED: Final = 3
# Tries to begin one, whatever comes of them.
TRIES_OF_VISITOR: Final = Window("minute", MINUTE, 20)
TRIES_OF_LINK: Final = Window("minute", MINUTE, 120)
# A talk that could not last this long is not begun.
SHORTEST_SECONDS: Final = 20


class NoSuchLink(errors.NotFound):
    """There is no such link, or it is switched off."""


class LinkIsBusy(errors.TooMany):
    """The link's limits are reached."""


class BadLink(errors.InvalidRequest):
    """A limit or an origin that cannot be."""


@transaction.atomic
def enable_link(
    *,
    agent: Agent,
    limits: Mapping[str, int] | None = None,
    allowed_origins: Sequence[str] | None = None,
    at: datetime,
) -> TalkLink:
    """Let anybody who has the link talk with the agent. What is not named stays as it was. Raises BadLink, NoSuchAgent."""
    if agent.status != Agent.Status.ACTIVE:
        raise NoSuchAgent("There is no agent with this id.", param="agent_id")
    link: TalkLink
    link, _ = TalkLink.objects.select_for_update().get_or_create(
        agent=agent, defaults={"account": agent.account, "created_at": at}
    )
    for name, value in (limits or {}).items():
        if name not in LIMITS:
            raise BadLink(f"'{name}': There is no such limit.", param=name)
        setattr(link, name, value)
    if allowed_origins is not None:
        link.allowed_origins = clean_origins(allowed_origins)
    link.is_enabled = True
    try:
        link.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise BadLink(f"'{name}': {messages[0]}", param=name) from error
    link.save(update_fields=["is_enabled", "allowed_origins", *LIMITS])
    return link


@transaction.atomic
def disable_link(*, agent: Agent) -> None:
    """No new talks by the agent's link; those that run go on. Safe to repeat."""
    TalkLink.objects.filter(agent=agent).update(is_enabled=False)


@transaction.atomic
def rotate_link(*, agent: Agent) -> TalkLink:
    """Give the link a new address; the old one leads nowhere from now on. Raises NoSuchLink."""
    link: TalkLink | None = TalkLink.objects.select_for_update().filter(agent=agent).first()
    if link is None:
        raise NoSuchLink("This agent has no public link.")
    link.slug = new_slug()
    link.save(update_fields=["slug"])
    return link


def open_link(*, slug: str) -> TalkLink:
    """The link at this address, with its agent. Raises NoSuchLink."""
    link: TalkLink | None = _open_links().filter(slug=slug).first()
    if link is None:
        raise NoSuchLink("There is nobody to talk with here.")
    return link


def check_tries(*, link: TalkLink, visitor: str, at: datetime) -> None:
    """Count a try to begin a talk, of the address and of the link. Raises LinkIsBusy."""
    for client, window in ((f"talk-visitor:{_digest(visitor)}", TRIES_OF_VISITOR), (f"talk:{link.pk}", TRIES_OF_LINK)):
        verdict = rate_limits.count(client=client, windows=[window], now=at.timestamp())
        if not verdict.allowed:
            raise LinkIsBusy("Many people try to talk here. Try again in a minute.", retry_after=verdict.retry_after)


@transaction.atomic
def start_public_talk(*, slug: str, visitor: str, at: datetime) -> BrowserTalk:
    """A talk by a public link; `visitor` is an address, of which only a digest is kept.

    Raises NoSuchLink, LinkIsBusy, TooManyLiveCalls and billing.InsufficientCredits. The link's row is locked, so that its
    limits hold however many come at once.
    """
    link: TalkLink | None = _open_links().select_for_update(of=("self",)).filter(slug=slug).first()
    if link is None:
        raise NoSuchLink("There is nobody to talk with here.")

    digest = _digest(visitor)
    _check_rate(link, digest, at)
    _check_unopened(link, at)
    talk = starting.start_browser_talk(
        account=link.account,
        agent=link.agent,
        max_duration=min(link.max_duration, _seconds_left(link, at)),
        at=at,
    )
    PublicTalk.objects.create(call=talk.call, link=link, visitor=digest, created_at=at)
    # A page asks for the microphone before it begins a talk, so its socket comes at once.
    path = links.media_path(talk.call.public_id, at=at, lifetime=links.PUBLIC_MEDIA_LIFETIME)
    return replace(talk, media_url=path)


def clean_origins(origins: Sequence[str]) -> list[str]:
    """Origins as browsers write them, each once. Raises BadLink."""
    cleaned = list(dict.fromkeys(_origin(text) for text in origins))
    if len(cleaned) > MOST_ORIGINS:
        raise BadLink(f"'allowed_origins': At most {MOST_ORIGINS}.", param="allowed_origins")
    return cleaned


def _origin(text: str) -> str:
    bad = BadLink(f"'allowed_origins': '{text}' is no origin such as https://example.com.", param="allowed_origins")
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise bad from None
    host = parts.hostname or ""
    is_plain = host.isascii() and all(character.isalnum() or character in "-." for character in host)
    if parts.scheme not in ("https", "http") or not host or not is_plain or parts.username is not None:
        raise bad
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise bad
    is_usual = port is None or port == {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if is_usual else f":{port}")


def _open_links() -> Any:
    return TalkLink.objects.select_related("account", "agent__current").filter(
        is_enabled=True, agent__status=Agent.Status.ACTIVE, account__status=Account.Status.ACTIVE
    )


def _check_rate(link: TalkLink, visitor: str, at: datetime) -> None:
    lately = PublicTalk.objects.filter(link=link, created_at__gt=at - timedelta(hours=1))
    if lately.count() >= link.calls_per_hour:
        raise LinkIsBusy("Many people have talked here in the last hour. Try again later.", retry_after=600)
    if lately.filter(visitor=visitor).count() >= link.calls_per_visitor_hour:
        raise LinkIsBusy("You have talked here several times in the last hour. Try again later.", retry_after=600)


def _check_unopened(link: TalkLink, at: datetime) -> None:
    waiting = Leg.objects.filter(
        kind=Leg.Kind.BROWSER,
        status=Leg.Status.PLANNED,
        holder="",
        call__status__in=Call.LIVE,
        call__public_talk__link=link,
        call__public_talk__created_at__gt=at - links.PUBLIC_MEDIA_LIFETIME,
    )
    if waiting.count() >= MOST_UNOPENED:
        raise LinkIsBusy("Several people are about to talk here. Try again in a moment.", retry_after=5)


def _digest(visitor: str) -> str:
    return salted_hmac("calls.visitor", visitor).hexdigest()[:32]


def _seconds_left(link: TalkLink, at: datetime) -> int:
    """Of today's minutes. A talk that goes on counts as long as it may last. Raises LinkIsBusy."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Call.objects.filter(public_talk__link=link, public_talk__created_at__gte=midnight)
    talked = today.exclude(status__in=Call.LIVE).aggregate(seconds=Sum("duration"))["seconds"] or 0
    promised = today.filter(status__in=Call.LIVE).count() * link.max_duration
    left = link.minutes_per_day * 60 - int(talked) - promised
    if left < min(SHORTEST_SECONDS, link.max_duration):
        raise LinkIsBusy("The minutes of today are used up. Try again tomorrow.", retry_after=3600)
    return left
