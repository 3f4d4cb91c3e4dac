"""How a process's conversations are set up: providers, limits and the patience of each wait."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr


class EngineConfig(BaseModel):
    """What the operator chose. Times are seconds."""

    model_config = ConfigDict(frozen=True)

    # Providers by name, the first that works.
    stt: tuple[str, ...] = ("moonshine",)
    tts: tuple[str, ...] = ("piper", "flite")
    # A model for faster-whisper; "" is the one of an installed package.
    whisper_model_dir: str = ""
    llm: Literal["house", "openai"] = "house"
    llm_base_url: str = "https://api.openai.com/v1"
    llm_api_key: SecretStr = SecretStr("")
    llm_model: str = ""
    speech_url: str = "http://127.0.0.1:8010"
    # Sentence embeddings for the house engine: 150 MB a process.
    has_embeddings: bool = True

    # Conversations at once that this process may be given, and pipelines that stand ready for them.
    capacity: int = 8
    prepared: int = 2

    # After the answer, before the agent speaks: long enough to hear that somebody already does.
    opening_pause: float = 0.3
    # Silence that ends a turn which sounded unfinished; one that sounded finished ends at once.
    unfinished_pause: float = 0.9
    llm_first_token: float = 4.0
    llm_stall: float = 4.0
    # A holder that nobody hears on the bus for this long is gone.
    holder_patience: float = 2.0
    beat_every: float = 0.3
