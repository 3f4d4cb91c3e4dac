"""Numbers, times and words as pages show them."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from dashboard.templatetags import site


@pytest.mark.parametrize(
    ("micro_credits", "shown"),
    [(0, "$0.00"), (4_800_000, "$4.80"), (-1_234_567_890_000, "−$1,234,567.89"), (None, "–")],
)
def test_money(micro_credits: int | None, shown: str) -> None:
    assert site.money(micro_credits) == shown


def test_money_in_small_sums() -> None:
    assert site.money(1_667, 4) == "$0.0017"


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (59.9, "0:59"), (3725, "1:02:05"), (None, "–")])
def test_duration(seconds: float | None, shown: str) -> None:
    assert site.duration(seconds) == shown


@pytest.mark.parametrize(("latency", "shown"), [(839.6, "840 ms"), (1240, "1.2 s"), (None, "–")])
def test_milliseconds(latency: float | None, shown: str) -> None:
    assert site.milliseconds(latency) == shown


def test_number_and_percent() -> None:
    assert site.number(1284) == "1,284"
    assert site.percent(0.914) == "91 %"


def test_a_time_is_the_readers_and_utc_on_hover() -> None:
    moment = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)

    with timezone.override(zoneinfo.ZoneInfo("Europe/Berlin")):
        shown = site.when(moment)

    assert shown == '<time datetime="2026-11-22T23:30:00Z" title="2026-11-22 23:30:00 UTC">23 Nov, 00:30</time>'


@pytest.mark.parametrize(
    ("name", "letters"),
    [("ada.lovelace@example.com", "AL"), ("Acme Hotels Ltd", "AH"), ("42", "4"), ("@", "?"), ("", "?")],
)
def test_initials(name: str, letters: str) -> None:
    assert site.initials(name) == letters


@pytest.mark.parametrize(
    ("user_agent", "shown"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on macOS"),
        ("curl/8.1", "A program"),
    ],
)
def test_browser(user_agent: str, shown: str) -> None:
    assert site.browser(user_agent) == shown


def test_states_have_a_tone() -> None:
    assert [site.tone(state) for state in ("completed", "in_progress", "failed", "archived")] == [
        "good",
        "live",
        "bad",
        "",
    ]
