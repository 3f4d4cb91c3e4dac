"""What django-allauth asks us about people who sign up and log in."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

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

    def get_client_ip(self, request: HttpRequest) -> str:
        return requests.address_of(request, proxies=settings.TRUSTED_PROXY_COUNT)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return settings.SIGN_UP_OPEN or onboarding.INVITATION in request.session
