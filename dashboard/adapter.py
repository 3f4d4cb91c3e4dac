"""What django-allauth asks us about people who sign up and log in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from dashboard import onboarding
from vaniagent.lib.api import requests


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGN_UP_OPEN or onboarding.INVITATION in request.session

    def confirm_email(self, request: HttpRequest, email_address: Any) -> Any:
        """A first verified address is what a workspace is opened for."""
        confirmed = super().confirm_email(request, email_address)
        if confirmed and onboarding.INVITATION not in request.session:
            onboarding.open_first_workspace(user=email_address.user, at=timezone.now())
        return confirmed

    def send_mail(self, template_prefix: str, email: str, context: Mapping[str, Any]) -> None:
        """Links in mails begin with our own address: the host of a request is what its sender wrote."""
        links = {name: _at_our_address(value) for name, value in context.items() if name.endswith("_url") and value}
        super().send_mail(
            template_prefix, email, {**context, **links, "site_host": urlsplit(settings.PUBLIC_URL).netloc}
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        return requests.address_of(request, proxies=settings.TRUSTED_PROXY_COUNT)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return settings.SIGN_UP_OPEN or onboarding.INVITATION in request.session

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """An address that the other site has verified needs no mail of ours before a workspace is opened."""
        user: User = super().save_user(request, sociallogin, form)
        is_verified = EmailAddress.objects.filter(user=user, verified=True).exists()
        if is_verified and onboarding.INVITATION not in request.session:
            onboarding.open_first_workspace(user=user, at=timezone.now())
        return user


def _at_our_address(url: str) -> str:
    parts = urlsplit(url)
    return f"{settings.PUBLIC_URL}{parts.path}{'?' if parts.query else ''}{parts.query}"
