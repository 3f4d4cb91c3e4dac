"""The embedded reply engine: deterministic, grounded in the agent's prompt, quick.

It reads a prompt into facts, questions to ask and rules, and replies from these alone. It knows no
framework and keeps no state: everything follows from the prompt and the messages so far.
"""

from __future__ import annotations

from calls.voice.providers.house.conversation import Message, Persona, Reply
from calls.voice.providers.house.embeddings import Embedder, SentenceEmbedder, load
from calls.voice.providers.house.handing_over import Desk
from calls.voice.providers.house.house import House

__all__ = ["Desk", "Embedder", "House", "Message", "Persona", "Reply", "SentenceEmbedder", "load"]
