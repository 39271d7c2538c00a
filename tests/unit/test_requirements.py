"""The locked packages: what pip would one day refuse although nothing here has changed."""

from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def locked(path: str) -> dict[str, Requirement]:
    """The pins of a file, by their normal names."""
    lines = (line.rstrip(" \\") for line in (ROOT / path).read_text().splitlines() if line[:1].isalnum())
    pins = [Requirement(line) for line in lines]
    return {normal(pin.name): pin for pin in pins}


def normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def asked_by(pin: Requirement) -> Iterator[Requirement]:
    """What a locked package asks for, with the extras that are locked of it."""
    for line in requires(pin.name) or []:
        asked = Requirement(line)
        if asked.marker is None or any(asked.marker.evaluate({"extra": extra}) for extra in ["", *pin.extras]):
            yield asked


@pytest.mark.parametrize("path", ["requirements.txt", "tests/requirements.txt"])
def test_a_package_that_is_asked_for_with_an_extra_is_pinned_with_it(path: str) -> None:
    """pip takes ``coverage[toml]`` for another package than ``coverage``: once there is a newer version than the pinned
    one, it refuses to install at all ("all requirements must have their versions pinned").
    """
    pins = locked(path)
    missing = [
        f"{pin.name} asks for {asked}"
        for pin in pins.values()
        for asked in asked_by(pin)
        if not asked.extras <= pins[normal(asked.name)].extras
    ]
    assert not missing
