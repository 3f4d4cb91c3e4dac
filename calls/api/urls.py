from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from calls.api.account import AccountViewSet
from calls.api.views import CallViewSet

router = SimpleRouter(trailing_slash=False)
router.register("calls", CallViewSet, basename="call")

urlpatterns = [
    path("account", AccountViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    *router.urls,
]
