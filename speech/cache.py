# SPDX-License-Identifier: GPL-3.0-or-later
"""What was said lately is likely to be said again: greetings, "one moment please", the lines of a script."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable


class PhraseCache:
    """Spoken phrases, the least recently used forgotten first, never more than `max_bytes` of audio."""

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._phrases: OrderedDict[Hashable, bytes] = OrderedDict()
        self.size = 0

    def get(self, key: Hashable) -> bytes | None:
        audio = self._phrases.get(key)
        if audio is not None:
            self._phrases.move_to_end(key)
        return audio

    def put(self, key: Hashable, audio: bytes) -> None:
        # One giant must not drive everything else out.
        if len(audio) > self._max_bytes // 8:
            return

        self.size += len(audio) - len(self._phrases.pop(key, b""))
        self._phrases[key] = audio
        while self.size > self._max_bytes:
            _, forgotten = self._phrases.popitem(last=False)
            self.size -= len(forgotten)
