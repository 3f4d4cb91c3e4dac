from __future__ import annotations

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from calls.api.account import AccountViewSet
from calls.api.batches import BatchRowViewSet, BatchViewSet
from calls.api.dialing import DialCheckViewSet, DialingRulesViewSet, DoNotCallViewSet
from calls.api.phone_lines import LineViewSet
from calls.api.talks import TalkViewSet
from calls.api.views import CallViewSet

router = SimpleRouter(trailing_slash=False)
router.register("batches", BatchViewSet, basename="batch")
router.register(r"batches/(?P<batch_id>[0-9A-Za-z_]{1,60})/rows", BatchRowViewSet, basename="batch-row")
router.register("calls", CallViewSet, basename="call")
router.register("dial_checks", DialCheckViewSet, basename="dial-check")
router.register("do_not_call", DoNotCallViewSet, basename="do-not-call")
router.register("phone_lines", LineViewSet, basename="phone-line")

urlpatterns = [
    re_path(r"^agents/(?P<id>[0-9A-Za-z_]{1,60})/talks\Z", TalkViewSet.as_view({"post": "create"})),
    path("account", AccountViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("dialing_rules", DialingRulesViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    *router.urls,
]
