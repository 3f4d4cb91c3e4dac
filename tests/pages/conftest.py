"""Every page of the dashboard in a real browser, as it is served in production, with a believable week in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from ops.sample_site import Site, sample_site

# What tests provoke: everything else that a browser reports is a fault.
PROVOKED: Final = "https://provoked.example"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    ours = [item for item in items if here in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.system)
    # One site serves them all, so what spoils its texts comes last.
    places = [place for place, item in enumerate(items) if item in ours]
    for place, item in zip(places, sorted(ours, key=lambda item: item.path.stem == "test_hostile_text"), strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """In the end no browser has reported that the policy refused something."""
    with sample_site() as site:
        yield site
        assert [report for report in site.policy_reports() if report["blocked"] != PROVOKED] == []
