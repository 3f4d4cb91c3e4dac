from __future__ import annotations

from rest_framework.routers import SimpleRouter

from webhooks.api.views import DeliveryViewSet, EndpointDeliveryViewSet, EndpointViewSet

router = SimpleRouter(trailing_slash=False)
router.register("webhook_endpoints", EndpointViewSet, basename="webhook-endpoint")
router.register(
    r"webhook_endpoints/(?P<endpoint_id>[0-9A-Za-z_]{1,60})/deliveries",
    EndpointDeliveryViewSet,
    basename="webhook-endpoint-delivery",
)
router.register("webhook_deliveries", DeliveryViewSet, basename="webhook-delivery")

urlpatterns = router.urls
