"""`/v1/account`: what the key's account is, has and may do.

It lives here because it counts live calls, which the layers below do not know.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiViewSet
from accounts.limits import limits_of
from accounts.models import Account, Plan, Scope
from billing.models import Balance
from calls.models import Call
from vaniagent.lib import money
from vaniagent.lib.api.fields import IdField


class AccountSerializer(serializers.Serializer[dict[str, Any]]):
    id = IdField("acct")
    name = serializers.CharField()
    plan = serializers.ChoiceField(choices=Plan.choices)
    credits = serializers.CharField(help_text="Decimal text; one credit is one US dollar")
    live_calls = serializers.IntegerField()
    max_live_calls = serializers.IntegerField()


class AccountViewSet(ApiViewSet[Account]):
    scopes = {"retrieve": Scope.READ}

    @extend_schema(responses=AccountSerializer)
    def retrieve(self, request: Request) -> Response:
        """Get the account that the key belongs to."""
        account = self.account
        balance = Balance.objects.filter(account=account).first()
        shown = {
            "id": account.public_id,
            "name": account.name,
            "plan": account.plan,
            "credits": money.to_text(balance.available if balance else 0),
            "live_calls": Call.objects.for_account(account).filter(status__in=Call.LIVE).count(),
            "max_live_calls": limits_of(account).max_live_calls,
        }
        return Response(AccountSerializer(shown).data)
