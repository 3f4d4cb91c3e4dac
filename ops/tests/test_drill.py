from __future__ import annotations

import sys

import pytest

from ops import drill


@pytest.mark.parametrize(
    ("words", "done"),
    [([], drill.DRILLS), (["all"], drill.DRILLS), (["faults"], ["faults"]), (["thirty", "kills"], ["thirty", "kills"])],
)
def test_what_is_named_is_done_and_without_a_name_everything(
    monkeypatch: pytest.MonkeyPatch, words: list[str], done: list[str]
) -> None:
    drilled: list[str] = []

    def talks(wanted: list[str]) -> list[str]:
        drilled.extend(name for name in wanted if name in ("kills", "thirty"))
        return []

    def faults() -> list[str]:
        drilled.append("faults")
        return []

    def sdk_faults() -> list[str]:
        drilled.append("sdks")
        return []

    def batch() -> list[str]:
        drilled.append("batch")
        return []

    def capacity() -> list[str]:
        drilled.append("capacity")
        return []

    def hostile_sip() -> list[str]:
        drilled.append("hostile-sip")
        return []

    monkeypatch.setattr(drill, "hostile_sip", hostile_sip)
    monkeypatch.setattr(drill, "batch", batch)
    monkeypatch.setattr(drill, "capacity", capacity)
    monkeypatch.setattr(drill, "talks", talks)
    monkeypatch.setattr(drill, "sdk_faults", sdk_faults)
    monkeypatch.setattr(drill, "faults", faults)
    monkeypatch.setattr(sys, "argv", ["drill", *words])

    assert drill.main() == 0
    assert drilled == done
