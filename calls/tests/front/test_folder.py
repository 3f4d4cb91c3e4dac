"""The files that kamailio reads, and what it is told of."""

from __future__ import annotations

import stat
from pathlib import Path
from unittest import mock

import pytest

from calls.telephony.front import control
from calls.telephony.front.folder import FrontFolder


def test_for_its_owner_alone(tmp_path: Path) -> None:
    folder = FrontFolder(tmp_path / "front")
    folder.write({"kamailio.cfg": "a"})
    folder.write_tables({"users": "b"})

    for path in [tmp_path / "front", *(tmp_path / "front").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_what_is_as_before_is_not_written(tmp_path: Path) -> None:
    folder = FrontFolder(tmp_path)

    assert folder.write_tables({"users": "a", "asked": "b"})
    assert not folder.write_tables({"users": "a", "asked": "b"})
    assert folder.write_tables({"users": "a", "asked": "c"})


def test_each_change_is_a_second_newer(tmp_path: Path) -> None:
    """kamailio would not see another one of the same second."""
    folder = FrontFolder(tmp_path)
    times = []
    for text in "abc":
        folder.write_tables({"users": text})
        times.append(int((tmp_path / "tables" / "users").stat().st_mtime))

    assert times == sorted(set(times))


def test_told_until_it_heard(tmp_path: Path) -> None:
    folder = FrontFolder(tmp_path)
    folder.write_tables({"users": "a", "asked": "b"})
    with (
        mock.patch.object(control, "ask", autospec=True, side_effect=control.FrontAway),
        pytest.raises(control.FrontAway),
    ):
        folder.tell()
    with mock.patch.object(control, "ask", autospec=True) as ask:
        folder.tell()
        folder.tell()

    assert [call.args[1:] for call in ask.call_args_list] == [("htable.reload", "asked"), ("htable.reload", "users")]


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(control.FrontAway):
        control.ask(tmp_path, "core.version")

    assert list(tmp_path.iterdir()) == []
