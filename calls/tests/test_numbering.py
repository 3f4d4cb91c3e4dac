"""Numbers as carriers write them."""

from __future__ import annotations

import pytest

from calls import numbering

OURS = ["+14155550101", "+14155550102", "+493012345678"]


@pytest.mark.parametrize(
    ("dialled", "meant"),
    [
        ("+14155550101", "+14155550101"),
        ("14155550101", "+14155550101"),
        ("0014155550101", "+14155550101"),
        ("01114155550101", "+14155550101"),
        ("4155550102", "+14155550102"),
        ("(415) 555-0102", "+14155550102"),
        ("030 12345678", "+493012345678"),
        ("+4155550102", None),
        ("0101", None),
        ("+14155550103", None),
        ("acme", None),
        ("", None),
        ("+", None),
        ("+14155550101;x=1", None),
        ("٤٤١٥٥٥٥٠١٠١", None),
        ("1" * 60, None),
    ],
)
def test_which_of_ours_was_dialled(dialled: str, meant: str | None) -> None:
    assert numbering.find(dialled, OURS) == meant


def test_an_end_that_several_share_names_none() -> None:
    assert numbering.find("5550101", ["+14155550101", "+442075550101"]) is None


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("+4930901820", "+4930901820"),
        ("4155550199", "+14155550199"),
        ("14155550199", "+14155550199"),
        ("0114930901820", "+4930901820"),
        ("101", None),
        ("anonymous", None),
        ("+999", None),
        ("'; DROP TABLE calls; --", None),
        (None, None),
    ],
)
def test_who_calls(told: str | None, number: str | None) -> None:
    assert numbering.of_caller(told, called="+14155550101") == number


def test_who_calls_from_within_another_country() -> None:
    assert numbering.of_caller("030901820", called="+493012345678") == "+4930901820"
