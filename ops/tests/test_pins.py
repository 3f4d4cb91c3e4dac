from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ops.tests.conftest import BASE_DIR


def read(name: str) -> dict[str, str]:
    """The packages that a file pins, and their versions."""
    lines = [line.partition(" #")[0].strip() for line in (BASE_DIR / name).read_text().splitlines()]
    wanted = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return {canonicalize_name(requirement.name): str(requirement.specifier) for requirement in wanted}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_constraints_follow_the_requirements(name: str) -> None:
    """Otherwise what a new package pulls in has no version: `make pins` writes them."""
    wanted, pinned = read(name), read("constraints.txt")

    assert {package: pinned.get(package) for package in wanted} == wanted
    assert all(version.startswith("==") for version in pinned.values())
