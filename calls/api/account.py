"""`/v1/account`: what the key's account is, has and may do.

It lives here because it counts live calls, which the layers below do not know.
"""

from __future__ import annotations

from typing import Any, Final

from django.core.validators import RegexValidator
from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.api.base import ApiViewSet
from accounts.limits import limits_of
from accounts.models import Account, Plan, Scope
from billing import services as billing
from billing.models import Balance
from calls.models import Call
from vaniagent.lib import money
from vaniagent.lib.api.fields import IdField, TextField
from vaniagent.lib.api.serializers import Input

_THRESHOLD: Final = r"^(0|[1-9][0-9]{0,6})(\.[0-9]{1,2})?$"
_IS_THRESHOLD: Final = RegexValidator(
    _THRESHOLD.replace("$", r"\Z"), "Give an amount in decimal text, such as 2.00, or 0 for never."
)


class AccountSerializer(serializers.Serializer[dict[str, Any]]):
    id = IdField("acct")
    name = serializers.CharField()
    plan = serializers.ChoiceField(choices=Plan.choices)
    credits = serializers.CharField(help_text="Decimal text; one credit is one US dollar")
    live_calls = serializers.IntegerField()
    max_live_calls = serializers.IntegerField()
    low_balance_credits = serializers.CharField(help_text="Decimal text; below it the account is told. 0: never")


@extend_schema_field({"type": "string", "pattern": _THRESHOLD})
class ThresholdField(TextField):
    """Decimal text."""


class AccountChanges(Input):
    """What an account may change of itself."""

    low_balance_credits = ThresholdField(
        max_length=10,
        trim_whitespace=False,
        validators=[_IS_THRESHOLD],
        allow_null=True,
        required=False,
        help_text="Decimal text; 0: never be told; null: what the installation has set",
    )


class AccountViewSet(ApiViewSet[Account]):
    scopes = {"retrieve": Scope.READ, "partial_update": Scope.ADMIN}

    @extend_schema(responses=AccountSerializer)
    def retrieve(self, request: Request) -> Response:
        """Get the account that the key belongs to."""
        return self._shown()

    @extend_schema(request=AccountChanges, responses=AccountSerializer)
    def partial_update(self, request: Request) -> Response:
        """Change below how many credits the account is told."""
        changes = self.read(AccountChanges)
        if "low_balance_credits" in changes:
            wanted: str | None = changes["low_balance_credits"]
            threshold = None if wanted is None else money.to_micro(wanted)
            with transaction.atomic():
                billing.set_low_threshold(account=self.account, micro_credits=threshold)
                audit.record(
                    account=self.account,
                    by=self.actor,
                    action="billing.low_balance_changed",
                    details={"credits": "default" if threshold is None else money.to_text(threshold)},
                    at=timezone.now(),
                )
        return self._shown()

    def _shown(self) -> Response:
        account = self.account
        balance = Balance.objects.filter(account=account).first()
        shown = {
            "id": account.public_id,
            "name": account.name,
            "plan": account.plan,
            "credits": money.to_text(balance.available if balance else 0),
            "live_calls": Call.objects.for_account(account).filter(status__in=Call.LIVE).count(),
            "max_live_calls": limits_of(account).max_live_calls,
            "low_balance_credits": money.to_text(billing.threshold_of(balance)),
        }
        return Response(AccountSerializer(shown).data)
