from __future__ import annotations

from vaniagent.models.base import Model


class Voice(Model):
    """How an agent can sound. `spoken_by` says which voice stands in where its own provider is not set up."""

    id: str
    name: str
    language: str
    gender: str
    provider: str
    preview_url: str
    spoken_by: str
