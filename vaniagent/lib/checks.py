"""What an operator gets wrong, said by `manage.py check` with a hint. Checks for deployments run with `--deploy`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

LOG_FORMATS = ("console", "json")
LLM_PROVIDERS = ("house", "openai")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@register()
def check_public_url(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment:
        return []
    return [
        Error(
            "PUBLIC_URL is not an http or https address.",
            hint="Such as https://voice.example.com: links in answers and webhooks begin with it.",
            id="vaniagent.E001",
        )
    ]


@register()
def check_stores(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    faults: list[CheckMessage] = []
    if settings.DATABASES["default"].get("ENGINE") != "django.db.backends.postgresql":
        faults.append(
            Error(
                "DATABASE_URL does not name a PostgreSQL.",
                hint="Such as postgres://user:password@host:5432/vaniagent. Leases and the outbox need its row locks.",
                id="vaniagent.E002",
            )
        )
    if urlsplit(settings.REDIS_URL).scheme not in ("redis", "rediss", "unix"):
        faults.append(
            Error(
                "REDIS_URL does not name a Redis or Valkey.",
                hint="Such as redis://:password@host:6379/0.",
                id="vaniagent.E003",
            )
        )
    return faults


@register()
def check_choices(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    faults: list[CheckMessage] = []
    if settings.LOG_FORMAT not in LOG_FORMATS:
        faults.append(
            Error(
                f"LOG_FORMAT is {settings.LOG_FORMAT!r}.", hint=f"One of {', '.join(LOG_FORMATS)}.", id="vaniagent.E004"
            )
        )
    if settings.LLM_PROVIDER not in LLM_PROVIDERS:
        faults.append(
            Error(
                f"LLM_PROVIDER is {settings.LLM_PROVIDER!r}.",
                hint=f"One of {', '.join(LLM_PROVIDERS)}; any OpenAI-compatible endpoint is `openai` with LLM_BASE_URL.",
                id="vaniagent.E005",
            )
        )
    return faults


@register()
def check_twilio_is_twilio(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    if settings.TWILIO_API_URL.startswith("https://") or settings.PHONE_LINES_ALLOW_PRIVATE:
        return []
    return [
        Error(
            "TWILIO_API_URL does not begin with https://: auth tokens would be sent in the clear.",
            hint="Leave it out. Another address is for tests, which set PHONE_LINES_ALLOW_PRIVATE as well.",
            id="vaniagent.E007",
        )
    ]


@register()
def check_stripe_is_whole(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    if bool(settings.STRIPE_SECRET_KEY) == bool(settings.STRIPE_WEBHOOK_SECRET):
        return []
    return [
        Error(
            "Only one of STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET is set.",
            hint="Topping up needs both: one to open pages, the other to believe what was paid. See docs/billing.md.",
            id="vaniagent.E006",
        )
    ]


@register(deploy=True)
def check_mails_go_out(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    if settings.EMAIL_URL or urlsplit(settings.PUBLIC_URL).hostname in LOOPBACK:
        return []
    return [
        Warning(
            "EMAIL_URL is not set, and this installation is public.",
            hint="Mails to customers only become files in VAR_DIR/mail. Set EMAIL_URL and MAIL_FROM.",
            id="vaniagent.W003",
        )
    ]


@register(deploy=True)
def check_webhooks_stay_outside(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    if not settings.WEBHOOKS_ALLOW_PRIVATE or urlsplit(settings.PUBLIC_URL).hostname in LOOPBACK:
        return []
    return [
        Warning(
            "WEBHOOKS_ALLOW_PRIVATE is on, and this installation is public.",
            hint="Customers could reach your private network through webhooks. Set WEBHOOKS_ALLOW_PRIVATE=0.",
            id="vaniagent.W001",
        )
    ]


@register(deploy=True)
def check_public_url_is_safe(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme == "https" or parts.hostname in LOOPBACK:
        return []
    return [
        Warning(
            "PUBLIC_URL is plain http.",
            hint="Put TLS in front and name the https address: links to recordings travel in the open otherwise.",
            id="vaniagent.W002",
        )
    ]


@register(deploy=True)
def check_proxy_says_who_came_how(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    faults: list[CheckMessage] = []
    if settings.SECURE_SSL_REDIRECT and not settings.SECURE_PROXY_SSL_HEADER:
        faults.append(
            Warning(
                "SECURE_SSL_REDIRECT is on, and BEHIND_PROXY is off.",
                hint="Where a proxy ends TLS, every request is redirected to itself for ever. Set BEHIND_PROXY=1, and "
                "have the proxy overwrite X-Forwarded-Proto.",
                id="vaniagent.W004",
            )
        )
    if settings.SECURE_PROXY_SSL_HEADER and not settings.TRUSTED_PROXY_COUNT:
        faults.append(
            Warning(
                "BEHIND_PROXY is on, and TRUSTED_PROXY_COUNT is 0.",
                hint="All clients without a valid key share the proxy's limit. Set TRUSTED_PROXY_COUNT=1 for one proxy.",
                id="vaniagent.W005",
            )
        )
    return faults
