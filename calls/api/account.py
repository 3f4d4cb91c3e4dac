"""`/v1/account`: what the key's account is, has and may do.

It lives here because it counts live calls, which the layers below do not know.
"""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiViewSet
from accounts.limits import limits_of
from accounts.models import Account
from billing.models import Balance
from calls.models import Call
from vaniagent.lib import money


class AccountViewSet(ApiViewSet[Account]):
    def retrieve(self, request: Request) -> Response:
        account = self.account
        balance = Balance.objects.filter(account=account).first()
        return Response(
            {
                "id": account.public_id,
                "name": account.name,
                "plan": account.plan,
                "credits": money.to_text(balance.available if balance else 0),
                "live_calls": Call.objects.for_account(account).filter(status__in=Call.LIVE).count(),
                "max_live_calls": limits_of(account).max_live_calls,
            }
        )
