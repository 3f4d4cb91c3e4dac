from __future__ import annotations

from rest_framework.routers import SimpleRouter

from agents.api.views import AgentViewSet, VoiceViewSet

router = SimpleRouter(trailing_slash=False)
router.register("agents", AgentViewSet, basename="agent")
router.register("voices", VoiceViewSet, basename="voice")

urlpatterns = router.urls
