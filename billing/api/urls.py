from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from billing.api.statements import StatementViewSet, TransactionViewSet
from billing.api.top_ups import TopUpViewSet

router = SimpleRouter(trailing_slash=False)
router.register("account/top_ups", TopUpViewSet, basename="top_up")

urlpatterns = [
    path("account/statement", StatementViewSet.as_view({"get": "list"})),
    path("account/transactions", TransactionViewSet.as_view({"get": "list"})),
    *router.urls,
]
