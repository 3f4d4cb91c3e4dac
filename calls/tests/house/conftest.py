from __future__ import annotations

import pytest

from calls.voice.providers.house import Embedder, load


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    loaded = load()
    assert loaded is not None
    return loaded
